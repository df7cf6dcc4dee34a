use super::*;

const META: &str = r#""_meta":{"host":"h","machine":"m","request_id":"r1","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29.42Z"}"#;

fn request(rest: &str) -> String {
    format!(
        r#"{{{META},"body":"b","headers":{{}},"method":"POST","path":"/v1",{rest},"size":1,"type":"request"}}"#
    )
}

fn error(line: &str) -> String {
    Entry::parse(line.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_line_of_the_go_proxy_is_written_back_as_it_was() {
    let line = request(r#""seq":1"#);
    let entry = Entry::parse(line.as_bytes()).unwrap();
    assert_eq!((entry.kind(), entry.seq()), (Kind::Request, Some(1)));
    assert_eq!(entry.to_line(), format!("{line}\n").into_bytes());
}

#[test]
fn type_may_stand_anywhere_and_unknown_keys_are_ignored() {
    let line = format!(
        r#" {{ "type" : "session_start", {META}, "new":[1e400,{{"x":null}}], "provider":"openai","upstream":"u" }} "#
    );
    assert_eq!(Entry::parse(line.as_bytes()).unwrap().kind(), Kind::SessionStart);
}

#[test]
fn of_a_doubled_key_the_last_counts() {
    let entry = Entry::parse(request(r#""seq":1,"seq":7"#).as_bytes()).unwrap();
    assert_eq!(entry.seq(), Some(7));
    let two_types = request(r#""type":"response","seq":1"#);
    assert_eq!(Entry::parse(two_types.as_bytes()).unwrap().kind(), Kind::Request);
}

#[test]
fn headers_may_be_null_as_go_writes_an_empty_map() {
    let line = request(r#""seq":1"#).replace(r#""headers":{}"#, r#""headers":null"#);
    assert!(Entry::parse(line.as_bytes()).is_ok());
}

#[test]
fn errors_name_key_and_column_but_never_a_value() {
    let line = request(r#""seq":"sk-secret, expected x""#);
    let message = error(&line);
    let column = line.find("expected x\"").unwrap() + "expected x\"".len();
    assert_eq!(message, format!("column {column} (`seq`): invalid type, expected u64"));
    for secret in ["type", "session", "ts"].map(|key| {
        let start = line.replace(r#""seq":"sk-secret, expected x""#, r#""seq":1"#);
        start.replacen(&format!("\"{key}\":\""), &format!("\"{key}\":\"sk-secret "), 1)
    }) {
        assert!(!error(&secret).contains("sk-secret"), "{}", error(&secret));
    }
    assert!(error(&request(r#""other":1"#)).ends_with("missing field `seq`"));
}

#[test]
fn hostile_lines_are_errors_and_never_panics() {
    let deep = format!("{{\"x\":{}", "[".repeat(10_000));
    let bad = [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[".repeat(10_000),
        "\0\0\0".to_owned(),
        deep,
        r#"{"type":"nothing"}"#.to_owned(),
        r#"{"type":7}"#.to_owned(),
        request(r#""seq":1e400"#),
        request(r#""seq":-1"#),
        request(r#""seq":1.5"#),
        request(r#""seq":1"#).replace("\"b\"", r#""\ud800""#),
        request(r#""seq":1"#).replace("\"b\"", r#""\udc00x""#),
        format!("{}x", request(r#""seq":1"#)),
        r#"{"x\"type":"request"}"#.to_owned(),
        r#"{"x":1,"type":"request"}"#.to_owned(),
    ];
    for line in bad {
        assert!(Entry::parse(line.as_bytes()).is_err(), "{line}");
    }
    let whole = request(r#""seq":1"#);
    for end in 0..whole.len() {
        assert!(Entry::parse(&whole.as_bytes()[..end]).is_err());
    }
    assert_eq!(Entry::parse(b"{\"a\":\"\xff\"}").unwrap_err().column, 7);
}

#[test]
fn nothing_in_a_line_is_invisible() {
    let hidden =
        "a\n\r\0\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202e}\u{2066}\u{2069}\u{200f}\u{61c}é’😀";
    let Ok(Entry::Request(mut request)) = Entry::parse(request(r#""seq":1"#).as_bytes()) else { panic!() };
    request.body = hidden.to_owned();
    request.path = hidden.to_owned();
    request.headers = header_map(&vec![(hidden.to_owned(), hidden.to_owned())]);
    let entry = Entry::Request(request);
    let line = String::from_utf8(entry.to_line()).unwrap();
    let (last, text) = (line.chars().last(), &line[..line.len() - 1]);
    assert_eq!(last, Some('\n'));
    assert!(text.chars().all(|shown| (' '..='~').contains(&shown) || "é’😀".contains(shown)), "{text:?}");
    assert_eq!(Entry::parse(line.as_bytes()).unwrap(), entry);
}

proptest::proptest! {
    #[test]
    fn what_is_written_is_read_back(body: String, name: String, seq: u64) {
        let Ok(Entry::Request(mut request)) = Entry::parse(request(r#""seq":1"#).as_bytes()) else { panic!() };
        request.headers = header_map(&vec![(name, body.clone())]);
        request.body = body;
        request.seq = seq;
        let entry = Entry::Request(request);
        let line = entry.to_line();
        assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
        assert_eq!(Entry::parse(&line).unwrap(), entry);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = Entry::parse(&bytes);
    }
}

const DOCUMENT: &str = include_str!("../../../../docs/LOG_FORMAT.md");

#[test]
fn the_documented_example_is_what_is_written() {
    let example: Vec<_> = DOCUMENT.lines().filter(|line| line.starts_with("{\"_meta\"")).collect();
    assert_eq!(example.len(), 3);
    for line in example {
        let written = Entry::parse(line.as_bytes()).unwrap().to_line();
        assert_eq!(String::from_utf8(written).unwrap().trim_end(), line);
    }
}

#[test]
fn every_key_that_can_be_written_is_documented() {
    let meta: Meta =
        serde_json::from_str(&format!("{{{META}}}").replace("\"_meta\":{", "").replace("}}", "}")).unwrap();
    let all = "x".to_owned();
    let text = || Some(all.clone());
    let gap = || vec![Gap { from: 1, bytes: 1, reason: CaptureStop::BodyLimit }];
    let fields = || header_map(&vec![(all.clone(), all.clone())]);
    let entries = [
        Entry::SessionStart(SessionStart {
            meta: meta.clone(),
            client_session: text(),
            format: Some(FORMAT),
            provider: Provider::OpenAi,
            tag: SessionStartTag::Tag,
            upstream: all.clone(),
        }),
        Entry::Request(Request {
            meta: meta.clone(),
            body: all.clone(),
            body_b64: text(),
            tail_b64: text(),
            complete: false,
            content_encoding: text(),
            gap: gap(),
            headers: fields(),
            http_version: text(),
            method: all.clone(),
            path: all.clone(),
            query: text(),
            seq: 1,
            sha256: text(),
            size: 1,
            trailers: fields(),
            tag: RequestTag::Tag,
        }),
        Entry::Response(Response {
            meta: meta.clone(),
            body: text(),
            body_b64: text(),
            tail_b64: text(),
            chunks: Some(vec![Chunk { ts: meta.ts, delta_ms: 1, raw: all.clone() }]),
            complete: Some(true),
            content_encoding: text(),
            end: Some(EndKind::Ok),
            error: text(),
            gap: gap(),
            headers: fields(),
            http_version: text(),
            seq: 1,
            sha256: text(),
            size: 1,
            status: 200,
            timing: Timing::default(),
            trailers: fields(),
            tag: ResponseTag::Tag,
        }),
        Entry::Fork(Fork {
            meta,
            from_seq: 1,
            parent_session: all.clone(),
            reason: all.clone(),
            tag: ForkTag::Tag,
        }),
    ];
    for entry in entries {
        let line = entry.to_line();
        assert_eq!(Entry::parse(&line).unwrap(), entry);
        let keys = keys_of(std::str::from_utf8(&line).unwrap());
        for key in &keys {
            let documented = key.eq_ignore_ascii_case("x") || DOCUMENT.contains(&format!("| `{key}` |"));
            assert!(documented, "`{key}` is not in docs/LOG_FORMAT.md");
        }
        let line: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let own: Vec<_> = keys.into_iter().filter(|key| line.get(key).is_some()).collect();
        assert!(own.is_sorted(), "{own:?}");
    }
}

/// The keys in `line`, in order; no value in it holds a quote.
fn keys_of(line: &str) -> Vec<&str> {
    line.match_indices("\":").filter_map(|(end, _)| line[..end].rsplit('"').next()).collect()
}
