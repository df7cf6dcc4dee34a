//! The explorer's server, asked over real sockets.

use std::sync::Arc;

use reqwest::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tokio::sync::{broadcast, watch};

use super::Explorer;
use crate::api::explorer::types::ChangeNote;
use crate::api::explorer::{Front, Host};
use crate::api::query::Archive;
use crate::config::{Environment, Flags, Paths};

struct Quiet(broadcast::Sender<ChangeNote>);

impl Host for Quiet {
    fn changes(&self) -> broadcast::Receiver<ChangeNote> {
        self.0.subscribe()
    }
}

/// A running explorer, and somebody who asks it.
struct Asked {
    base: String,
    link: String,
    one_use: String,
    client: Client,
    changes: broadcast::Sender<ChangeNote>,
    _stop: watch::Sender<bool>,
    _home: tempfile::TempDir,
}

async fn asked() -> Asked {
    let home = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("HOME", home.path())]);
    let paths = Paths::of(&environment).unwrap();
    let changes = broadcast::channel(8).0;
    let front = Front {
        archive: Archive::open(home.path()),
        host: Arc::new(Quiet(changes.clone())),
        paths,
        flags: Flags::default(),
        environment,
    };
    let explorer = Explorer::bind(Some(0)).await.unwrap();
    let (link, one_use) = (explorer.link(), explorer.link_for_one_use());
    let base = link[..link.find("/open").unwrap()].to_owned();
    let (stop, stopped) = watch::channel(false);
    tokio::runtime::Handle::current().spawn(explorer.serve(front, stopped));
    let client = Client::builder().no_proxy().build().unwrap();
    Asked { base, link, one_use, client, changes, _stop: stop, _home: home }
}

impl Asked {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    async fn cookie(&self) -> String {
        let answer = self.client.get(&self.link).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        cookie[..cookie.find(';').unwrap()].to_owned()
    }

    async fn call(&self, headers: HeaderMap, body: &'static str) -> Response {
        let request = self.request(Method::POST, "/call").header(CONTENT_TYPE, "application/json");
        request.headers(headers).body(body).send().await.unwrap()
    }
}

fn with(pairs: &[(reqwest::header::HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

#[tokio::test]
async fn nothing_is_answered_without_the_cookie() {
    let asked = asked().await;
    let cookie = asked.cookie().await;
    let (name, _) = cookie.split_once('=').unwrap();
    let wrong = format!("{name}=00000000000000000000000000000000");
    for headers in [with(&[]), with(&[(COOKIE, wrong.as_str())]), with(&[(COOKIE, name)])] {
        for (method, path) in
            [(Method::GET, "/"), (Method::GET, "/changes"), (Method::GET, "/x"), (Method::POST, "/call")]
        {
            let answer = asked.request(method.clone(), path).headers(headers.clone()).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path} {headers:?}");
        }
    }
    let page = asked.request(Method::GET, "/").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'; script-src 'self'"), "{policy}");
    // Images are only those that the page makes itself.
    assert!(policy.contains("; img-src data:; "), "{policy}");
}

#[test]
fn the_window_has_the_browsers_policy() {
    let directives = |policy: &str| {
        let differs = |one: &str| one.starts_with("connect-src ") || one.starts_with("frame-ancestors ");
        let all = policy.split(';').map(|one| one.trim().to_owned());
        all.filter(|one| !differs(one)).collect::<Vec<_>>()
    };
    let configured: serde_json::Value =
        serde_json::from_str(include_str!("../../../tauri.conf.json")).unwrap();
    let windows = configured["app"]["security"]["csp"].as_str().unwrap();
    assert_eq!(directives(windows), directives(super::page::POLICY));
}

#[tokio::test]
async fn a_link_for_one_use_opens_once_and_a_wrong_one_never() {
    let asked = asked().await;
    let status = async |link: &str| asked.client.get(link).send().await.unwrap().status();
    assert_eq!(status(&asked.one_use).await, StatusCode::OK);
    assert_eq!(status(&asked.one_use).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&format!("{}/open", asked.base)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&format!("{}/open?key=", asked.base)).await, StatusCode::UNAUTHORIZED);
    for _ in 0..2 {
        assert_eq!(status(&asked.link).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn other_pages_and_rebound_names_are_turned_away_even_with_the_cookie() {
    let asked = asked().await;
    let cookie = asked.cookie().await;
    let site = || "sec-fetch-site".parse().unwrap();
    let refused = [
        (with(&[(HOST, "evil.test:12072")]), StatusCode::MISDIRECTED_REQUEST),
        (with(&[(HOST, "127.0.0.1.nip.io")]), StatusCode::MISDIRECTED_REQUEST),
        (with(&[(HOST, "localhost.")]), StatusCode::MISDIRECTED_REQUEST),
        (with(&[(HOST, "127.0.0.1:x")]), StatusCode::MISDIRECTED_REQUEST),
        (with(&[(ORIGIN, "https://evil.test")]), StatusCode::FORBIDDEN),
        (with(&[(ORIGIN, "null")]), StatusCode::FORBIDDEN),
        (with(&[(ORIGIN, "http://localhost:3000")]), StatusCode::FORBIDDEN),
        (with(&[(site(), "cross-site")]), StatusCode::FORBIDDEN),
        (with(&[(site(), "same-site")]), StatusCode::FORBIDDEN),
    ];
    for (mut headers, status) in refused {
        headers.insert(COOKIE, cookie.parse().unwrap());
        assert_eq!(asked.call(headers.clone(), "{}").await.status(), status, "{headers:?}");
    }
    // A tunnel's end has another port.
    let tunnel = [
        (COOKIE, cookie.as_str()),
        (HOST, "localhost:8080"),
        (ORIGIN, "http://localhost:8080"),
        (site(), "same-origin"),
    ];
    assert_eq!(asked.call(with(&tunnel), "{}").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn errors_are_json_with_a_status_of_their_kind() {
    let asked = asked().await;
    let cookie = asked.cookie().await;
    let cookie = [(COOKIE, cookie.as_str())];
    for (call, status, kind) in [
        (r#"{"name":"no_such_call"}"#, StatusCode::BAD_REQUEST, "bad_call"),
        (r#"{"name":"copy","args":{"text":1}}"#, StatusCode::BAD_REQUEST, "bad_call"),
        ("not json", StatusCode::BAD_REQUEST, "bad_call"),
        (r#"{"name":"copy","args":{"text":"x"}}"#, StatusCode::FORBIDDEN, "refused"),
    ] {
        let answer = asked.call(with(&cookie), call).await;
        assert_eq!(answer.status(), status, "{call}");
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["error"], kind, "{call}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{call}");
    }
}

#[tokio::test]
async fn changes_arrive_and_the_first_says_that_something_was_missed() {
    let asked = asked().await;
    let cookie = asked.cookie().await;
    let mut stream = asked.request(Method::GET, "/changes").header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream");
    let mut text = String::new();
    let mut next = async || {
        while !text.contains("\n\n") {
            text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        }
        let end = text.find("\n\n").unwrap() + 2;
        text.drain(..end).collect::<String>()
    };
    assert_eq!(next().await, "data: {\"change\":\"something\"}\n\n");
    asked.changes.send(ChangeNote::Host).unwrap();
    assert_eq!(next().await, "data: {\"change\":\"host\"}\n\n");
}
