//! What holds for every input: redacting twice is redacting once, JSON stays JSON, nothing panics.

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;
use serde_json::{Map, Value};

use super::redactor;

/// Pieces that secrets, escapes and JSON are made of, and any text.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "sk-ant-api03-AbCdEfGhIjKlMnOpQrSt1234",
            "sk-proj-AbCdEfGhIjKlMnOpQrSt1234",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
            "AIzaSyA1234567890abcdefghijklmnopqrstuv",
            "Bearer ",
            "Basic ",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkw.SflKxwRJSMeKKF2QT4",
            "-----BEGIN RSA PRIVATE KEY-----",
            "MIIEowIBAAKCAQEAx0Jm3Zs8Q1f5nH2kP9rT7uVw",
            "-----END RSA PRIVATE KEY-----",
            "[redacted:jwt:0a1b]",
            "\"api_key\":\"",
            "\"headers\":{\"x-key\":\"",
            "\\\"password\\\":\\\"",
            "\"",
            "\\",
            "\\\"",
            "\n",
            "\\n",
            "-",
            "_",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            " ",
            "=",
            "&",
            ";",
            "?",
            "%20",
            "%",
            "é",
            "key=",
            "\\u0022",
            "/",
            "@",
            "://",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9 ]{0,8}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn key() -> impl Strategy<Value = String> {
    let names = ["api_key", "password", "headers", "Authorization", "cookie", "client_secret", "value", "a"];
    prop_oneof![3 => prop::sample::select(names.to_vec()).prop_map(str::to_owned), 1 => text()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::String),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((key(), inner.clone()), 0..4)
                .prop_map(|pairs| Value::Object(Map::from_iter(pairs))),
            // JSON in a string.
            inner.prop_map(|value| Value::String(value.to_string())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_stays_json_of_the_same_form(value in value(), pretty: bool) {
        let body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let redacted = redactor().json(&body).into_owned();
        serde_json::from_str::<serde::de::IgnoredAny>(&redacted).expect("still JSON");
        prop_assert_eq!(STRING.replace_all(&redacted, "\"\""), STRING.replace_all(&body, "\"\""));
        prop_assert_eq!(redactor().json(&redacted), redacted.as_str());
    }

    #[test]
    fn lines_of_a_stream_are_redacted_as_each_by_itself(text in prop::collection::vec(text(), 0..6), value in value()) {
        let text = format!("{}\n\ndata: {value}\n\n", text.join("\ndata: "));
        let redactor = redactor();
        let lines = || text.split_inclusive('\n');
        let each: Vec<_> = lines().map(|line| redactor.body(Some("text/event-stream"), line)).collect();
        let together: Vec<_> = redactor.lines(&text, lines()).collect();
        prop_assert_eq!(together, each);
    }

    /// Values with line breaks as well: names must not slip to others' values, whatever a head holds.
    #[test]
    fn fields_of_a_head_are_redacted_as_each_by_itself(values in prop::collection::vec(text(), 0..6), name in key()) {
        let redactor = redactor();
        let names = [name.as_str(), "authorization", "cookie", "location", "x-plain"];
        let fields = || names.iter().copied().cycle().zip(&values);
        let each: Vec<_> = fields().map(|(name, value)| (name, redactor.header(name, value))).collect();
        let text: String = values.iter().map(|value| format!("{value}\n")).collect();
        let mut end = 0;
        let places = fields().map(|(name, value)| {
            end += value.len() + 1;
            (name, end - 1 - value.len()..end - 1)
        });
        let together: Vec<_> = redactor.headers(&text, places).collect();
        prop_assert_eq!(together, each);
    }

    #[test]
    fn any_text_is_redacted_once(text in text(), name in key()) {
        let redactor = redactor();
        let once = redactor.text(&text);
        prop_assert_eq!(redactor.text(&once), once.as_ref());
        let once = redactor.json(&text);
        prop_assert_eq!(redactor.json(&once), once.as_ref());
        let once = redactor.query(&text);
        prop_assert_eq!(redactor.query(&once), once.as_ref());
        for name in [name.as_str(), "authorization", "cookie", "set-cookie", "location", "sec-websocket-protocol"] {
            let once = redactor.header(name, &text);
            prop_assert_eq!(redactor.header(name, &once), once.as_ref(), "{}", name);
        }
    }
}

/// A string in JSON: all the rest of a body has to stay as it is.
static STRING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""(?:[^"\\]|\\.)*""#).expect("a constant pattern compiles"));
