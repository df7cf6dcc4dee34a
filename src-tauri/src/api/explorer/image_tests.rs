use base64::engine::general_purpose;
use serde_json::{Value, json};

use super::*;
use crate::api::explorer::testing::{Home, request, response, start};

/// A PNG of one pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn encoded(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

/// A session whose user shows `data` as a PNG, and whose tool brings it too.
async fn home(data: &str) -> (Home, String) {
    let image =
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}});
    let result = json!({"type": "tool_result", "tool_use_id": "t", "content": [image]});
    let mut asked = request(1, 1, "opus", &[]);
    asked["body"] = json!({"messages": [{"role": "user", "content": [image, result]}]}).to_string().into();
    let home = Home::logged(&[vec![start(1), asked, response(1, 1, 200, "Hi")]]).await;
    let detail = home.told("request", json!({"request_id": "r1-1"})).await;
    let blocks = &detail["turn"]["new_messages"][0]["blocks"];
    assert_eq!(blocks[0]["digest"], blocks[1]["images"][0]["digest"]);
    let digest = blocks[0]["digest"].as_str().unwrap().to_owned();
    (home, digest)
}

async fn told(data: &str) -> Result<Value, CallError> {
    let (home, digest) = home(data).await;
    home.ask("image", json!({"request_id": "r1-1", "what": "request", "digest": digest})).await
}

#[tokio::test]
async fn an_image_comes_as_its_bytes_with_the_type_that_they_have() {
    let told = told(PIXEL).await.unwrap();
    assert_eq!(told["base64"], PIXEL);
    assert_eq!(
        (&told["media_type"], &told["width"], &told["height"]),
        (&json!("image/png"), &json!(1), &json!(1))
    );
    assert_eq!(told["bytes"], 70);
}

#[tokio::test]
async fn what_is_no_raster_image_or_too_large_is_not_given() {
    let bomb = [&general_purpose::STANDARD.decode(PIXEL).unwrap()[..16], &[0, 1, 0, 0, 0, 1, 0, 0]].concat();
    for (data, why) in [
        (encoded(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "no PNG"),
        (encoded(b"<!doctype html><script>alert(1)</script>"), "no PNG"),
        ("\"><img src=x onerror=alert(1)>".to_owned(), "damaged"),
        (encoded(&bomb), "pixels"),
        ("A".repeat((MAX_BYTES / 3 + 1) * 4), "20 MB"),
    ] {
        let answer = told(&data).await;
        assert!(matches!(&answer, Err(CallError::NotFound(said)) if said.contains(why)), "{why}: {answer:?}");
    }
}

#[tokio::test]
async fn an_image_of_another_body_is_not_found() {
    let (home, digest) = home(PIXEL).await;
    for (id, what, digest) in
        [("r1-1", "response", digest.as_str()), ("r1-1", "request", "0"), ("r1-2", "request", &digest)]
    {
        let answer = home.ask("image", json!({"request_id": id, "what": what, "digest": digest})).await;
        assert!(matches!(answer, Err(CallError::NotFound(_))), "{id} {what}: {answer:?}");
    }
}

#[test]
fn base64_is_read_in_every_form_that_providers_take() {
    for data in ["+/+/AA==", "-_-_AA", "+/+/\r\nAA==", "-_-_AA=="] {
        assert_eq!(decoded(data).as_deref(), Some(&[251, 255, 191, 0][..]), "{data}");
    }
    assert_eq!(decoded("<svg>"), None);
}
