//! Secrets without a shape, known by the name of their place, and neighbours that stay.

use std::borrow::Cow;

use super::redactor;

const OPAQUE: &str = "correct-horse-battery";

#[track_caller]
fn assert_header(name: &str, value: &str, expected: &str) {
    let redacted = redactor().header(name, value).into_owned();
    // The four digits of a tag are shown as `*`.
    let mut shown = redacted.clone();
    let mut from = 0;
    while let Some(start) = shown[from..].find("[redacted:").map(|at| from + at) {
        let end = start + shown[start..].find(']').unwrap();
        shown.replace_range(end - 4..end, "*");
        from = start + 1;
    }
    assert_eq!(shown, expected, "{name}: {value}");
}

#[test]
fn secret_headers_lose_their_value_in_any_case() {
    for name in [
        "Proxy-Authorization",
        "X-API-KEY",
        "api-key",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
        "x-amz-security-token",
        "x-auth-token",
        "x-access-token",
        "x-csrf-token",
        "cf-access-client-secret",
        "cf-access-token",
        "Helicone-Auth",
        "x-portkey-api-key",
        "x-litellm-api-key",
        "x_api_key",
        "apikey",
        "x-session-token",
        "x-db-password",
        "aws-credential",
    ] {
        assert_header(name, OPAQUE, "[redacted:secret:*]");
    }
}

#[test]
fn a_scheme_stays_readable() {
    assert_header("authorization", "Bearer abc", "Bearer [redacted:bearer:*]");
    assert_header("AUTHORIZATION", " bearer \t abc ", " bearer \t [redacted:bearer:*] ");
    assert_header("authorization", "Basic dXNlcjpwYXNz", "Basic [redacted:basic:*]");
    assert_header("authorization", "opaque", "[redacted:secret:*]");
    assert_header("authorization", "two words", "[redacted:secret:*]");
    assert_header("authorization", "Bearer", "Bearer");
    assert_header(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260801/us-east-1/bedrock/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=0123abcd",
        "AWS4-HMAC-SHA256 Credential=[redacted:aws-key:*]/20260801/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=[redacted:signature:*]",
    );
}

#[test]
fn cookies_keep_their_names_and_attributes() {
    assert_header(
        "cookie",
        "a=1; b=x=y ; c; d=",
        "a=[redacted:cookie:*]; b=[redacted:cookie:*] ; [redacted:cookie:*]; d=",
    );
    assert_header(
        "Set-Cookie",
        "__cf_bm=abc.def; path=/; expires=Thu, 01-Jan-26 00:00:00 GMT; HttpOnly",
        "__cf_bm=[redacted:cookie:*]; path=/; expires=Thu, 01-Jan-26 00:00:00 GMT; HttpOnly",
    );
}

#[test]
fn keys_in_protocols_and_urls_go() {
    assert_header(
        "Sec-WebSocket-Protocol",
        "realtime, openai-insecure-api-key.opaque, openai-beta.realtime-v1",
        "realtime, openai-insecure-api-key.[redacted:secret:*], openai-beta.realtime-v1",
    );
    assert_header(
        "location",
        "https://user:pw@host/cb?state=1&code=abc#access_token=def&x=1",
        "https://user:[redacted:secret:*]@host/cb?state=1&code=[redacted:secret:*]#access_token=[redacted:secret:*]&x=1",
    );
    assert_header("Referer", "https://host/?q=1", "https://host/?q=1");
}

#[test]
fn harmless_headers_stay_borrowed() {
    for (name, value) in [
        ("idempotency-key", "stainless-node-retry-0c4d"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-helper-token", "abc"),
        ("anthropic-ratelimit-tokens-remaining", "7999000"),
        ("anthropic-ratelimit-input-token-limit", "1"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-token", "6m0s"),
        ("x-claude-code-session-id", "0d6a4c7e-1111-4222-8333-444455556666"),
        ("session-id", "0199a213-81c0-7800-8aa1-bbab2a035a53"),
        ("thread-id", "0199a213-81c0-7800-8aa1-bbab2a035a53"),
        ("openai-organization", "org-AbCdEfGhIjKlMnOpQrStUvWx"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("content-type", "application/json"),
        ("anthropic-beta", "oauth-2025-04-20,token-efficient-tools-2026-02-19"),
        ("www-authenticate", "Bearer realm=\"https://auth.example/token\""),
        ("access-control-allow-headers", "authorization, x-api-key"),
        ("x-request-id", "req_011CRxJ5b8mN4pQ2sT6uV7wX"),
    ] {
        assert!(matches!(redactor().header(name, value), Cow::Borrowed(v) if v == value), "{name}");
    }
}

#[test]
fn secret_parameters_lose_their_value() {
    for name in [
        "key",
        "api_key",
        "apikey",
        "API-KEY",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "auth",
        "password",
        "secret",
        "client_secret",
        "code",
        "subscription-key",
        "sig",
        "signature",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "X-Amz-Security-Token",
        "X-Goog-Signature",
        "X-Goog-Credential",
        "%6Bey",
        "api%5Fkey",
    ] {
        let redacted = redactor().query(&format!("alt=sse&{name}={OPAQUE};%41&b=%2F+x&&c")).into_owned();
        assert!(!redacted.contains(OPAQUE) && !redacted.contains("%41"), "{redacted}");
        assert!(redacted.starts_with(&format!("alt=sse&{name}=[redacted:")), "{redacted}");
        assert!(redacted.ends_with("]&b=%2F+x&&c"), "{redacted}");
    }
    assert!(!redactor().query("a=1;token=correct-horse").contains("horse"));
    let harmless =
        "beta=true&alt=sse&api-version=2026-01-01&pageToken=abc&max_tokens=5&monkey=x&encode=1&key=&key";
    assert!(matches!(redactor().query(harmless), Cow::Borrowed(query) if query == harmless));
}

/// Asserts that exactly the secret was replaced, and nothing else changed.
#[track_caller]
fn assert_only_secret_goes(before: &str, secret: &str, after: &str) {
    let redacted = redactor().json(&format!("{before}{secret}{after}")).into_owned();
    assert!(redacted.starts_with(before) && redacted.ends_with(after), "{redacted}");
    let tag = &redacted[before.len()..redacted.len() - after.len()];
    assert!(super::super::is_tag(tag), "{redacted}");
}

#[test]
fn secret_keys_lose_their_string_and_all_else_stays() {
    for key in [
        "api_key",
        "apiKey",
        "API-Key",
        "authorization",
        "Authorization_Token",
        "x-api-key",
        "client_secret",
        "access_token",
        "refreshToken",
        "id_token",
        "password",
        "private_key",
        "aws_secret_access_key",
        "secretAccessKey",
        "OPENAI_API_KEY",
        "api\\u005fkey",
    ] {
        assert_only_secret_goes(
            &format!("{{ \"a\" :1.50,\n\"{key}\"\t: \""),
            "ab \\\"c\\u00e9",
            "\" , \"b\":[\"\\/\"]}",
        );
    }
}

#[test]
fn secrets_in_nested_places_go() {
    assert_only_secret_goes(r#"{"mcp_servers":[{"url":"u","authorization_token":""#, "abc", r#""}]}"#);
    assert_only_secret_goes(r#"{"client_secret":{"expires_at":1,"value":""#, "abc", r#""},"value":"stays"}"#);
    assert_only_secret_goes(r#"{"headers":{"Accept":"*/*","X-Secret":""#, "abc", r#""},"X-Secret":"stays"}"#);
    assert_only_secret_goes(r#"{"headers":{"Authorization":["Bearer "#, "abc", r#""],"Accept":["a"]}}"#);
    assert_only_secret_goes(
        r#"{"arguments":"{\"a\":[1],\"api_key\": \""#,
        r#"a\\\\b\\\"c"#,
        r#"\"}","b":"\\"}"#,
    );
    assert_only_secret_goes(r#"{"d":"{\"e\":\"{\\\"password\\\":\\\""#, "abc", r#"\\\"}\"}"}"#);
    assert_only_secret_goes(r#"{"d":"{\n  \"headers\": {\n    \"x-key\": \""#, "abc", r#"\"\n  }\n}"}"#);
}

#[test]
fn cut_off_and_broken_json_is_read_as_far_as_it_goes() {
    assert_only_secret_goes(r#"{"api_key":""#, "abc", "");
    assert_only_secret_goes(r#"{"api_key":""#, r"abc\", "");
    assert_only_secret_goes(r#"{"arguments":"{\"api_key\":\""#, "abc", "");
    assert_only_secret_goes("a 5\" screen\n{\"api_key\":\"", "abc", "\"}\n{\"b\":\"c\"}");
    assert_only_secret_goes("data: {\"api_key\":\"", "abc", "\"}\n\ndata: [DONE]\n\n");
    assert_only_secret_goes("]]}}{\"api_key\":\"", "abc", "\"");
    let deep = format!("{}\"password\":\"", "{\"a\":[".repeat(2000));
    assert_only_secret_goes(&deep, "abc", "\"}");
}

#[test]
fn json_that_only_looks_secret_stays_borrowed() {
    for body in [
        r#"{"max_tokens":1,"usage":{"input_tokens":1,"token":"The"},"stop":"api_key"}"#,
        r#"{"properties":{"password":{"type":"string","description":"The password"}},"required":["password"]}"#,
        r#"{"api_key":null,"password":"","authorization":true,"access_token":12}"#,
        r#"{"arguments":"{\"properties\":{\"api_key\":{\"type\":\"string\"}}}"}"#,
        r#"{"code":"x = {\"api_key\": os.getenv(\"NAME\")}"}"#,
        r#"{"code":"if key == \"password\" or key == \"token\":\n    return \"x\"\n"}"#,
        r#"{"headers":{"Content-Type":"application/json","idempotency-key":"abc"}}"#,
        r#"{"type":"thinking","signature":"EqQBCkYIBxgCKkBhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg=="}"#,
    ] {
        assert!(matches!(redactor().json(body), Cow::Borrowed(b) if b == body), "{}", redactor().json(body));
    }
}

#[test]
fn bodies_are_read_by_their_media_type() {
    let redactor = redactor();
    let form = redactor.body(Some("application/x-www-form-urlencoded"), "a=1&client_secret=abc");
    assert!(form.starts_with("a=1&client_secret=[redacted:"), "{form}");
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n\
        Content-Disposition: form-data; name=\"api_key\"\r\nContent-Type: text/plain\r\n\r\nabc\r\n--b\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"b.jsonl\"\r\n\r\n{\"password\":\"abc\"}\r\n--b--";
    let parts = redactor.body(Some("multipart/form-data; boundary=b"), multipart);
    assert!(
        !parts.contains("abc") && parts.contains("batch") && parts.matches("[redacted:").count() == 2,
        "{parts}"
    );
    assert_eq!(redactor.body(Some("text/plain"), "x \"password\": \"abc\""), "x \"password\": \"abc\"");
    assert!(!redactor.body(Some("text/plain"), " {\"password\":\"abc\"}").contains("abc"));
    assert!(!redactor.body(None, "{\"password\":\"abc\"}").contains("abc"));
}

#[test]
fn raw_bodies_are_a_choice_that_spares_headers() {
    let raw = super::Redactor::new([7; 32], false);
    let body = format!("{{\"api_key\":\"{OPAQUE}\"}}");
    assert_eq!(raw.body(Some("application/json"), &body), body);
    assert!(!raw.header("x-api-key", OPAQUE).contains(OPAQUE));
    assert!(!format!("{raw:?}").contains('7'), "the install's key does not print");
}

#[test]
fn secrets_without_a_shape_are_found_in_assignments() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for text in [
        format!("AWS_SECRET_ACCESS_KEY={secret}\n"),
        format!("aws_secret_access_key = {secret}"),
        format!("\\\"SecretAccessKey\\\": \\\"{}\\\"", secret.replace('/', "\\/")),
        format!("curl -H 'Authorization: Bearer {secret}'"),
    ] {
        let redacted = redactor().text(&text).into_owned();
        assert!(!redacted.contains("wJalr") && !redacted.contains("bPxRf"), "{redacted}");
    }
}

#[test]
fn a_private_key_in_source_code_or_cut_off_goes_and_a_mention_stays() {
    let line = "MIIEowIBAAKCAQEAx0Jm3Zs8Q1f5nH2kP9rT7uVwXyZaBcDeFgHiJkLmNoPqRsTu";
    for key in [
        format!("-----BEGIN RSA PRIVATE KEY-----\n{line}\n{line}\nAb12"),
        format!("-----BEGIN EC PRIVATE KEY-----\\n{line}\\n{line}"),
        format!(
            "'-----BEGIN PRIVATE KEY-----\\\\n' +\n  '{line}\\\\n' +\n '{line}\\\\n-----END PRIVATE KEY-----'"
        ),
        format!("> -----BEGIN PRIVATE KEY-----\n> {line}\n> -----END PRIVATE KEY-----"),
        format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n{line}\n-----END RSA PRIVATE KEY-----"
        ),
    ] {
        let redacted = redactor().text(&key).into_owned();
        assert!(redacted.contains("[redacted:pem:") && !redacted.contains("MIIE"), "{redacted}");
    }
    for mention in [
        "if text.contains(\"-----BEGIN PRIVATE KEY-----\") { return Err(Leak) }",
        "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEAx0Jm3Zs8Q1f5nH2kP9rT7uVwXyZa\n-----END CERTIFICATE-----",
    ] {
        assert!(matches!(redactor().text(mention), Cow::Borrowed(_)), "{mention}");
    }
}

#[test]
fn no_text_costs_the_square_of_its_length() {
    let started = std::time::Instant::now();
    for unit in [
        "--eyJ",
        "eyJaaaaaaaaaa.",
        "-sk-proj-",
        "sk-ant-a",
        "-----BEGIN PRIVATE KEY-----",
        "\"",
        "\\\"",
        "\"\\\\\"",
        "{\"a\":[",
        "\\",
        "\"a\":\"\n",
        "Bearer ",
        "glpat-",
        "-github_pat_a",
        "\"api_key\":",
        "sk-or-sk-or-",
        "form-data; name=\"a\"\n",
    ] {
        let text = unit.repeat(300_000 / unit.len());
        redactor().json(&text);
        redactor().body(Some("multipart/form-data"), &text);
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
