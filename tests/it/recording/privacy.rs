//! What is not on the disk, and who may read what is.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{ask, of, responses, user};
use crate::support::harness::{Options, Proxy};
use crate::support::upstream::Upstream;

#[tokio::test]
async fn w31_bodies_that_are_no_text_are_redacted_too() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let key = "sk-ant-api03-PLANTEDabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ-AA";
    let url = format!("{}/scenario/plain/k/v1/files", proxy.url("anthropic", &upstream));
    let in_the_middle = [b"\xff\xfe binary ", key.as_bytes(), b" \x80\x81"].concat();
    let cut_at_the_end = [b"text ", key.as_bytes(), b" ends inside \xf0\x9f\x98"].concat();
    for body in [in_the_middle, cut_at_the_end] {
        let sent =
            reqwest::Client::new().post(&url).header("content-type", "application/octet-stream").body(body);
        sent.send().await.expect("an answer").bytes().await.expect("a body");
    }
    let lines = responses(&proxy, 2).await;
    proxy.stop().await;
    use base64::Engine as _;
    let unpack = |text: &Value| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap_or_default());
        String::from_utf8_lossy(&bytes.expect("base64")).into_owned()
    };
    for request in of(&lines, "request") {
        let text = format!("{}{}", request["body"], unpack(&request["body_b64"]));
        assert!(text.contains("[redacted:anthropic-key:") && !text.contains("PLANTED"), "{text}");
    }
    let tail = of(&lines, "request").iter().find_map(|line| line["tail_b64"].as_str()).map(str::to_owned);
    assert_eq!(tail.as_deref(), Some("8J+Y"), "the cut character's bytes");
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            all_files(&entry.path(), found);
        }
    }
}

#[tokio::test]
async fn w31_no_planted_secret_is_on_the_disk() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let secret = |number: usize| {
        format!("sk-ant-api03-PLANTED{number:02}abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ-AA")
    };
    let base = proxy.url("anthropic", &upstream);
    let body = json!({"model": "m", "max_tokens": 9, "api_key": secret(0), "messages": [user(&format!("my key is {}", secret(1)))],
        "mcp_servers": [{"authorization_token": "PLANTED-token-without-any-shape"}]});
    let request = reqwest::Client::new()
        .post(format!("{base}/v1/messages?key={}&x=1", secret(2)))
        .body(body.to_string());
    let request =
        request.header("x-api-key", secret(3)).header("authorization", format!("Bearer {}", secret(4)));
    let request = request
        .header("cookie", "session=PLANTED-cookie-value")
        .header("proxy-authorization", "Basic UExBTlRFRA==");
    request
        .header("content-type", "application/json")
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a body");
    responses(&proxy, 1).await;
    proxy.stop().await;
    let mut files = Vec::new();
    all_files(proxy.home(), &mut files);
    for file in files.iter().filter(|path| path.is_file()) {
        let bytes = std::fs::read(file).expect("readable");
        for planted in ["PLANTED", "UExBTlRFRA"] {
            let found = bytes.windows(planted.len()).any(|window| window == planted.as_bytes());
            assert!(!found, "{planted} stands in {}", file.display());
        }
    }
    assert!(!proxy.stderr().contains("PLANTED"));
    assert_eq!(of(&proxy.logs(), "request").len(), 1);
}

#[tokio::test]
async fn w32_files_are_private_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let upstream = Upstream::start().await;
    for umask in ["000", "022", "077"] {
        let mut proxy =
            Proxy::start(Options { before: Some(format!("umask {umask}")), ..Options::default() }).await;
        ask(&proxy.url("anthropic", &upstream), &[], json!([user("x")])).await;
        responses(&proxy, 1).await;
        let mut files = vec![proxy.log_dir(), proxy.home().join(".local/state/llm-proxy/port")];
        all_files(&proxy.log_dir(), &mut files);
        for path in files {
            let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
            let (mode, expected) =
                (metadata.permissions().mode() & 0o777, if metadata.is_dir() { 0o700 } else { 0o600 });
            assert_eq!(mode, expected, "umask {umask}: {} is {mode:o}", path.display());
        }
        proxy.stop().await;
    }
}
