//! Ten thousand bodies of agent traffic without a secret: hardly any may change.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{ALNUM, BASE64, BASE64_URL, HEX, Random, redactor};

const BODIES: usize = 10_000;

#[test]
fn benign_bodies_stay_as_they_are() {
    let mut altered = Vec::new();
    for seed in 0..BODIES {
        let body = body(&mut Random(seed as u64));
        if let Cow::Owned(changed) = redactor().body(Some("application/json"), &body) {
            altered.push(changed);
        }
    }
    // At most 0.1 %.
    assert!(altered.len() <= BODIES / 1000, "{} altered, such as {}", altered.len(), altered[0]);
}

/// A request, a response or an event stream.
pub(super) fn body(random: &mut Random) -> String {
    match random.below(4) {
        0 | 1 => request(random).to_string(),
        2 => serde_json::to_string_pretty(&request(random)).unwrap(),
        _ => stream(random),
    }
}

fn request(random: &mut Random) -> Value {
    let messages: Vec<_> = (0..2 + random.below(4)).map(|_| message(random)).collect();
    json!({
        "model": "claude-opus-4-1", "max_tokens": 32000, "stream": true,
        "metadata": {"user_id": json!({"device_id": random.text(HEX, 64), "session_id": uuid(random)}).to_string()},
        "system": [{"type": "text", "text": prose(random)}],
        "tools": tools(), "messages": messages, "prompt_cache_key": uuid(random),
    })
}

fn message(random: &mut Random) -> Value {
    let id = format!("toolu_01{}", random.text(ALNUM, 22));
    let block = match random.below(7) {
        0 => json!({"type": "text", "text": prose(random)}),
        1 => json!({"type": "image", "source": {"type": "base64", "media_type": "image/png",
                "data": format!("iVBORw0KGgo{}==", random.text(BASE64, 2000))}}),
        2 => json!({"type": "thinking", "thinking": prose(random), "signature": random.text(BASE64, 400)}),
        3 => {
            json!({"type": "reasoning", "encrypted_content": format!("gAAAAA{}", random.text(BASE64_URL, 1200))})
        }
        4 => {
            json!({"type": "tool_use", "id": id, "name": "Edit", "input": {"path": "/src/task-list.rs", "new": code(random)}})
        }
        5 => json!({"type": "function_call", "call_id": format!("call_{}", random.text(ALNUM, 24)),
                "arguments": json!({"command": ["bash", "-lc", code(random)]}).to_string()}),
        _ => json!({"type": "tool_result", "tool_use_id": id, "content": listing(random)}),
    };
    json!({"role": random.pick(&["user", "assistant"]), "content": [block]})
}

fn stream(random: &mut Random) -> String {
    let mut stream = String::new();
    for _ in 0..5 {
        let arguments = json!({"new_string": code(random), "id": uuid(random)}).to_string();
        let delta = json!({"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": arguments}});
        stream.push_str(&format!("event: content_block_delta\ndata: {delta}\n\n"));
    }
    stream
}

fn tools() -> Value {
    json!([{"name": "login", "description": "Signs in. Needs an api_key or a password; see \"authorization\".",
        "input_schema": {"type": "object", "required": ["api_key", "password"], "properties": {
            "api_key": {"type": "string", "description": "Begins with sk-ant-…"},
            "password": {"type": "string"}, "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "access_token": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}}])
}

fn prose(random: &mut Random) -> String {
    const SENTENCES: &[&str] = &[
        "Keys begin with sk-ant-api03-… or sk-proj-…, tokens with ghp_, hf_ and xoxb-.",
        "Set `Authorization: Bearer $ANTHROPIC_API_KEY` and never print it.",
        "The task-scheduler-configuration-manager reads risk-assessment-2026-01-01-final.csv from disk-1.",
        "A file begins with -----BEGIN PRIVATE KEY----- when it is a key.",
        "The bearer of this ring is internationalization-framework-maintainer.",
        "Run `npm_config_registry=http://localhost:4873 npm ci` in \"ci\" mode.",
        "AKIA and ASIA are prefixes; ASIAPACIFIC is a region. eyJ begins a JWT.",
        "password: see the vault, token: none, secret: no.",
        "The height is 5\" and the width 7\".",
    ];
    (0..6).map(|_| random.pick(SENTENCES)).collect::<Vec<_>>().join("\n")
}

fn code(random: &mut Random) -> String {
    const LINES: &[&str] = &[
        "headers = {\"Authorization\": f\"Bearer {os.environ['OPENAI_API_KEY']}\", \"x-api-key\": api_key}",
        "const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, baseURL: \"http://127.0.0.1:12071\" });",
        "let token: &str = config.get(\"token\").unwrap_or_default(); // \"quoted\"",
        ".sk-fading-circle .sk-circle { width: 100%; } #sk-container-id-1 div.sk-estimator-doc-link {}",
        "def hf_hub_download_with_retries_and_exponential_backoff(repo_id: str) -> str:",
        "if key == \"password\": raise ValueError(\"no \\\"password\\\" here\")",
        "fn gsk_scene_renderer_prepare_for_rendering() {} // xai-style-guide-for-engineers",
        "assert!(json.contains(\"\\\"api_key\\\":\"));",
        "export AWS_SECRET_ACCESS_KEY=\"$(vault read -field=secret_access_key aws/creds)\"",
        "import { sk_live_region_announcer_component } from './a11y'; // pplx-online-models-overview-page",
        "\"api_key\": settings.api_key, 'password': get_password(),",
    ];
    let mut code = String::new();
    for _ in 0..12 {
        code.push_str(random.pick(LINES));
        code.push('\n');
    }
    code
}

fn listing(random: &mut Random) -> String {
    let mut lines = String::new();
    for _ in 0..10 {
        let line = match random.below(6) {
            0 => format!("commit {}", random.text(HEX, 40)),
            1 => format!("\"integrity\": \"sha512-{}==\",", random.text(BASE64, 86)),
            2 => format!("sha256:{}  ./task-{}.tar.gz", random.text(HEX, 64), random.text(HEX, 8)),
            3 => format!("req_{} {}", random.text(ALNUM, 24), uuid(random)),
            4 => format!("https://host/blob/{}?etag={}", random.text(BASE64_URL, 60), random.text(HEX, 32)),
            _ => format!("data:font/woff2;base64,{}", random.text(BASE64, 300)),
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

fn uuid(random: &mut Random) -> String {
    let hex = random.text(HEX, 32);
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
