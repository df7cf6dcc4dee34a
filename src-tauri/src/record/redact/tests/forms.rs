//! Sixty and more forms of secrets, each planted in every place where traffic can carry it.

use serde_json::json;

use super::{ALNUM, BASE64, BASE64_URL, HEX, LETTERS, Random, UPPER, redactor};

/// Kind and secret.
fn forms() -> Vec<(&'static str, String)> {
    let mut random = Random(1);
    // Random characters end in a letter and a digit: so do the checks for a mixture hold.
    let mut forms: Vec<(&str, String)> = [
        ("anthropic-key", "sk-ant-api03-", BASE64_URL, 93),
        ("anthropic-key", "sk-ant-admin01-", BASE64_URL, 93),
        ("anthropic-key", "sk-ant-oat01-", BASE64_URL, 93),
        ("anthropic-key", "sk-ant-ort01-", BASE64_URL, 93),
        ("anthropic-key", "sk-ant-", ALNUM, 24),
        ("openai-key", "sk-proj-", BASE64_URL, 124),
        ("openai-key", "sk-proj-", ALNUM, 44),
        ("openai-key", "sk-svcacct-", BASE64_URL, 124),
        ("openai-key", "sk-admin-", BASE64_URL, 124),
        ("openai-key", "sk-None-", ALNUM, 44),
        ("openai-key", "ek_", HEX, 32),
        ("openai-key", "sess-", ALNUM, 40),
        ("openrouter-key", "sk-or-v1-", HEX, 64),
        ("api-key", "sk-", HEX, 32),
        ("api-key", "sk-", ALNUM, 48),
        ("api-key", "sk-kimi-", ALNUM, 64),
        ("groq-key", "gsk_", ALNUM, 52),
        ("xai-key", "xai-", ALNUM, 80),
        ("xai-key", "xai-token-", ALNUM, 80),
        ("perplexity-key", "pplx-", ALNUM, 48),
        ("huggingface-token", "hf_", LETTERS, 32),
        ("huggingface-token", "hf_", ALNUM, 32),
        ("nvidia-key", "nvapi-", BASE64_URL, 64),
        ("replicate-token", "r8_", ALNUM, 37),
        ("cerebras-key", "csk-", ALNUM, 48),
        ("tavily-key", "tvly-dev-", ALNUM, 32),
        ("fireworks-key", "fw_", ALNUM, 22),
        ("google-key", "AIza", BASE64_URL, 33),
        ("google-key", "AIzaSy", BASE64_URL, 31),
        ("google-key", "AQ.Ab", BASE64_URL, 50),
        ("google-token", "ya29.", BASE64_URL, 160),
        ("google-token", "ya29.a0Af", BASE64_URL, 160),
        ("google-token", "ya29.c.b0A", BASE64_URL, 160),
        ("google-token", "1//0", BASE64_URL, 97),
        ("google-secret", "GOCSPX-", BASE64_URL, 28),
        ("aws-key", "AKIA", UPPER, 16),
        ("aws-key", "ASIA", UPPER, 16),
        ("aws-key", "ABSK", ALNUM, 128),
        ("aws-key", "ABSKQmVkcm9ja0FQSUtleS", BASE64, 110),
        ("aws-key", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", BASE64, 200),
        ("github-token", "ghp_", ALNUM, 36),
        ("github-token", "gho_", ALNUM, 36),
        ("github-token", "ghu_", ALNUM, 36),
        ("github-token", "ghs_", ALNUM, 36),
        ("github-token", "ghr_", ALNUM, 76),
        ("github-token", "github_pat_", ALNUM, 82),
        ("gitlab-token", "glpat-", BASE64_URL, 20),
        ("npm-token", "npm_", ALNUM, 34),
        ("pypi-token", "pypi-AgEIcHlwaS5vcmc", BASE64_URL, 120),
        ("docker-token", "dckr_pat_", BASE64_URL, 27),
        ("slack-token", "xoxb-123456789012-1234567890123-", ALNUM, 24),
        ("slack-token", "xoxp-123456789012-1234567890123-", HEX, 32),
        ("slack-token", "xapp-1-A0123456789-1234567890123-", HEX, 64),
        ("stripe-key", "sk_live_", ALNUM, 24),
        ("stripe-key", "sk_test_", ALNUM, 24),
        ("stripe-key", "rk_live_", ALNUM, 24),
        ("linear-key", "lin_api_", ALNUM, 40),
    ]
    .into_iter()
    .map(|(kind, prefix, alphabet, length)| {
        let fixed = if alphabet == HEX { "a4" } else { "Q4" };
        let end = if alphabet == UPPER || kind == "gitlab-token" || length == 52 { "" } else { fixed };
        (kind, format!("{prefix}{}{end}", random.text(alphabet, length)))
    })
    .collect();
    forms.push(("openai-key", format!("sk-{}T3BlbkFJ{}", random.text(ALNUM, 20), random.text(ALNUM, 20))));
    forms.push(("langfuse-key", "sk-lf-0b2d6a1c-93e4-4c1f-8a57-1f2e3d4c5b6a".to_owned()));
    forms.push((
        "sendgrid-key",
        format!("SG.{}.{}", random.text(BASE64_URL, 22), random.text(BASE64_URL, 43)),
    ));
    forms.push(("gitlab-token", format!("glpat-{}4a.01.{}", random.text(ALNUM, 25), random.text(HEX, 9))));
    forms.push((
        "jwt",
        format!("eyJhbGciOiJSUzI1NiJ9.eyJ{}.{}", random.text(BASE64_URL, 300), random.text(BASE64_URL, 342)),
    ));
    for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let lines: Vec<_> = (0..20).map(|_| random.text(BASE64, 64)).collect();
        forms.push(("pem", format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))));
    }
    forms
}

/// No twelve characters in a row from the secret's second half are left, and a tag is there instead.
#[track_caller]
fn assert_hidden(kind: &str, secret: &str, redacted: &str) {
    let bytes: Vec<char> = secret.chars().collect();
    for window in bytes[bytes.len() / 2..].windows(12) {
        let part: String = window.iter().collect();
        assert!(!redacted.contains(&part), "{kind}: {part} of {secret} is left in {redacted}");
    }
    assert!(redacted.contains(&format!("[redacted:{kind}:")), "{kind}: no such tag in {redacted}");
}

#[test]
fn there_are_sixty_forms() {
    assert!(forms().len() >= 60, "{}", forms().len());
}

#[test]
fn each_form_is_hidden_in_headers() {
    for (kind, secret) in forms() {
        let secret = secret.replace('\n', "\\n");
        for (name, value) in [
            ("Authorization", format!("Bearer {secret}")),
            ("x-api-key", secret.clone()),
            ("X-Custom", format!("uses {secret}, really")),
            ("set-cookie", format!("sid={secret}; Path=/; HttpOnly")),
        ] {
            assert_hidden(kind, &secret, &redactor().header(name, &value));
        }
    }
}

#[test]
fn each_form_is_hidden_in_queries() {
    for (kind, secret) in forms() {
        let named = format!("beta=true&key={}&alt=sse", secret.replace('\n', "%0A"));
        let redacted = redactor().query(&named).into_owned();
        assert_hidden(kind, &secret.replace('\n', "%0A"), &redacted);
        assert!(
            redacted.starts_with("beta=true&key=[redacted:") && redacted.ends_with("]&alt=sse"),
            "{redacted}"
        );
        if kind != "pem" {
            assert_hidden(kind, &secret, &redactor().query(&format!("q=is%20{secret}&alt=sse")));
        }
    }
}

#[test]
fn each_form_is_hidden_in_text() {
    for (kind, secret) in forms() {
        for text in [
            secret.clone(),
            format!("Incorrect API key provided: {secret}. You can find your key at …"),
            format!("export TOKEN={secret}\n-{secret}\n+{secret}\n"),
            format!("('{secret}', `{secret}`)"),
            format!("ünïcode→{secret}←"),
        ] {
            assert_hidden(kind, &secret, &redactor().text(&text));
        }
    }
}

#[test]
fn each_form_is_hidden_in_json_by_shape() {
    for (kind, secret) in forms() {
        let body = json!({"messages": [{"role": "user", "content": format!("line\n{secret}\n\tmore")}]});
        let redacted = redactor().json(&body.to_string()).into_owned();
        assert_hidden(kind, &secret.replace('\n', "\\n"), &redacted);
        let read: serde_json::Value = serde_json::from_str(&redacted).unwrap();
        let content = read["messages"][0]["content"].as_str().unwrap();
        assert!(content.starts_with("line\n[redacted:") && content.ends_with("]\n\tmore"), "{content}");
    }
}

#[test]
fn each_form_is_hidden_in_escaped_json_of_a_delta() {
    for (kind, secret) in forms() {
        let arguments = json!({"path": "/app/.env", "content": format!("A=1\nKEY={secret}\n{secret}\n")});
        let delta = json!({"type": "content_block_delta", "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": arguments.to_string()}});
        let stream = format!("event: content_block_delta\ndata: {delta}\n\nevent: ping\ndata: {{}}\n\n");
        let redacted = redactor().body(Some("text/event-stream; charset=utf-8"), &stream).into_owned();
        assert_hidden(kind, &secret.replace('\n', "\\\\n"), &redacted);
        let data = redacted.lines().nth(1).unwrap().strip_prefix("data: ").unwrap();
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        let read: serde_json::Value =
            serde_json::from_str(read["delta"]["partial_json"].as_str().unwrap()).unwrap();
        assert_eq!(read["path"], "/app/.env");
    }
}

#[test]
fn equal_secrets_have_equal_tags_in_every_place() {
    let tag_of = |redacted: &str| {
        let start = redacted.find("[redacted:").unwrap();
        redacted[start..=start + redacted[start..].find(']').unwrap()].to_owned()
    };
    for (kind, secret) in forms().into_iter().filter(|(kind, _)| *kind != "pem") {
        let redactor = redactor();
        let tags = [
            tag_of(&redactor.header("authorization", &format!("Bearer {secret}"))),
            tag_of(&redactor.header("x-goog-api-key", &secret)),
            tag_of(&redactor.query(&format!("key={secret}"))),
            tag_of(&redactor.text(&format!("key {secret} is bad"))),
            tag_of(&redactor.json(&json!({"api_key": secret}).to_string())),
            tag_of(&redactor.json(&json!({"arguments": json!({"api_key": secret}).to_string()}).to_string())),
        ];
        assert!(tags.iter().all(|tag| *tag == tags[0]), "{kind}: {tags:?}");
    }
    let (one, other) = (redactor(), super::Redactor::new([8; 32], true));
    assert_ne!(
        one.header("x-api-key", "abc"),
        other.header("x-api-key", "abc"),
        "tags are the install's own"
    );
    assert_ne!(one.header("x-api-key", "abc"), one.header("x-api-key", "abd"));
}
