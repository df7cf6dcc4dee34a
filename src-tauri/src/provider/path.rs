//! Paths that need more than being passed on: a forgotten version, and ChatGPT's own back end.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Header, Provider};

const ANTHROPIC_RESOURCES: [&str; 6] = ["messages", "models", "complete", "files", "skills", "organizations"];

const OPENAI_RESOURCES: [&str; 19] = [
    "assistants",
    "audio",
    "batches",
    "chat",
    "completions",
    "containers",
    "conversations",
    "embeddings",
    "evals",
    "files",
    "fine_tuning",
    "images",
    "models",
    "moderations",
    "realtime",
    "responses",
    "threads",
    "uploads",
    "vector_stores",
];

const GEMINI_RESOURCES: [&str; 8] = [
    "models",
    "tunedModels",
    "cachedContents",
    "files",
    "corpora",
    "batches",
    "operations",
    "fileSearchStores",
];

/// What ChatGPT serves beside Codex itself, directly under `/backend-api`.
const CHATGPT_SIBLINGS: [&str; 6] = ["accounts", "codex", "connectors", "mcp", "plugins", "wham"];

/// Adds the `/v1` (Gemini: `/v1beta`) that some clients leave out. Only for the provider's own host
/// and for resources known to live there; everything else stays as it is, byte for byte.
pub fn own_path<'a>(provider: Provider, host: &str, path: &'a str) -> Cow<'a, str> {
    let (version, resources): (&str, &[&str]) = match provider {
        Provider::Anthropic => ("/v1", &ANTHROPIC_RESOURCES),
        Provider::OpenAi => ("/v1", &OPENAI_RESOURCES),
        Provider::Gemini => ("/v1beta", &GEMINI_RESOURCES),
        Provider::Bedrock => return Cow::Borrowed(path),
    };
    let is_own = provider.default_upstream().is_some_and(|own| host_name(host).eq_ignore_ascii_case(own));
    if is_own && resources.contains(&first_segment(path)) {
        Cow::Owned(format!("{version}{path}"))
    } else {
        Cow::Borrowed(path)
    }
}

fn host_name(host: &str) -> &str {
    host.split_once(':').map_or(host, |(name, _port)| name)
}

/// `responses` of `/responses/x?y`; empty when the path does not begin with one slash.
fn first_segment(path: &str) -> &str {
    let rest = path.strip_prefix('/').unwrap_or_default();
    let end = rest.find(['/', ':', '?']).unwrap_or(rest.len());
    &rest[..end]
}

/// True when an OpenAI client signed in with a ChatGPT account instead of an API key: its calls
/// belong to `chatgpt.com`, and `api.openai.com` would refuse them.
pub fn is_chatgpt_sign_in(header: Header<'_>) -> bool {
    header("chatgpt-account-id").is_some_and(|id| !id.trim().is_empty())
        || header("authorization").and_then(bearer).is_some_and(is_jwt)
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A key with two dots in it is no JWT: the first two parts must be JSON objects, the first with `alg`.
fn is_jwt(token: &str) -> bool {
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [head, claims, signature] = parts.as_slice() else { return false };
    let decoded_signature = URL_SAFE_NO_PAD.decode(signature);
    json_object(head).is_some_and(|head| head.contains_key("alg"))
        && json_object(claims).is_some()
        && decoded_signature.is_ok_and(|bytes| !bytes.is_empty())
}

fn json_object(base64url: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(base64url).ok()?).ok()
}

/// Where ChatGPT's back end serves what a client built for `api.openai.com`:
/// `/v1/responses` is `/backend-api/codex/responses`.
pub fn chatgpt_path(path: &str) -> String {
    if first_segment(path) == "backend-api" {
        return path.to_owned();
    }
    let rest = if first_segment(path) == "v1" { &path["/v1".len()..] } else { path };
    if CHATGPT_SIBLINGS.contains(&first_segment(rest)) {
        format!("/backend-api{rest}")
    } else {
        format!("/backend-api/codex{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_version_is_added_for_the_own_host_only() {
        use Provider::{Anthropic, Bedrock, Gemini, OpenAi};
        let cases = [
            (Anthropic, "api.anthropic.com", "/messages", "/v1/messages"),
            (Anthropic, "API.anthropic.com:443", "/messages?beta=true", "/v1/messages?beta=true"),
            (Anthropic, "api.anthropic.com", "/v1/messages", "/v1/messages"),
            (Anthropic, "api.anthropic.com", "/api/hello", "/api/hello"),
            (Anthropic, "api.anthropic.com.evil.example", "/messages", "/messages"),
            (Anthropic, "gateway.example", "/messages", "/messages"),
            (Anthropic, "api.anthropic.com", "//messages", "//messages"),
            (Anthropic, "api.anthropic.com", "/messages%2Fx", "/messages%2Fx"),
            (OpenAi, "api.openai.com", "/chat/completions", "/v1/chat/completions"),
            (OpenAi, "api.openai.com", "/responses/r%2F1", "/v1/responses/r%2F1"),
            (OpenAi, "api.openai.com", "/responsesX", "/responsesX"),
            (OpenAi, "openrouter.ai", "/chat/completions", "/chat/completions"),
            (
                Gemini,
                "generativelanguage.googleapis.com",
                "/models/m:generateContent",
                "/v1beta/models/m:generateContent",
            ),
            (Gemini, "generativelanguage.googleapis.com", "/v1/models", "/v1/models"),
            (Gemini, "cloudcode-pa.googleapis.com", "/models", "/models"),
            (Bedrock, "bedrock-runtime.us-east-1.amazonaws.com", "/model/m/invoke", "/model/m/invoke"),
            (OpenAi, "api.openai.com", "", ""),
        ];
        for (provider, host, path, expected) in cases {
            assert_eq!(own_path(provider, host, path), expected);
        }
    }

    fn token(head: &str, claims: &str, signature: &str) -> String {
        let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("Bearer {head}.{claims}.{signature}")
    }

    fn signs_in(name: &'static str, value: &str) -> bool {
        is_chatgpt_sign_in(&|asked| (asked == name).then_some(value))
    }

    #[test]
    fn only_a_real_jwt_or_an_account_id_is_a_chatgpt_sign_in() {
        let jwt = token(r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"sub":"u"}"#, "c2ln");
        assert!(signs_in("authorization", &jwt));
        assert!(signs_in("authorization", &jwt.replace("Bearer", "bearer")));
        assert!(signs_in("chatgpt-account-id", "acc-1"));
        assert!(!signs_in("chatgpt-account-id", " "));
        assert!(!signs_in("x-other", "acc-1"));
        let refused = [
            "Bearer sk-proj-a.b.c".to_owned(),
            "Bearer sk-1234".to_owned(),
            jwt.replace("Bearer ", "Basic "),
            jwt.replace("Bearer ", ""),
            format!("{jwt}.more"),
            token(r#"{"typ":"JWT"}"#, "{}", "c2ln"),
            token(r#"["alg"]"#, "{}", "c2ln"),
            token(r#"{"alg":"none"}"#, "7", "c2ln"),
            token(r#"{"alg":"RS256"}"#, "{}", ""),
            token(r#"{"alg":"RS256"}"#, "{}", "not base64"),
            token(&"[".repeat(10_000), "{}", "c2ln"),
        ];
        for value in refused {
            assert!(!signs_in("authorization", &value), "{value:.60}");
        }
    }

    #[test]
    fn chatgpt_paths() {
        let cases = [
            ("/v1/responses", "/backend-api/codex/responses"),
            ("/responses", "/backend-api/codex/responses"),
            ("/v1/models?client_version=1", "/backend-api/codex/models?client_version=1"),
            ("/v1/plugins/list", "/backend-api/plugins/list"),
            ("/v1/connectors/x", "/backend-api/connectors/x"),
            ("/wham/usage", "/backend-api/wham/usage"),
            ("/v1/codex/analytics-events/events", "/backend-api/codex/analytics-events/events"),
            ("/backend-api/wham/usage", "/backend-api/wham/usage"),
            ("/backend-api/codex/responses", "/backend-api/codex/responses"),
            ("/v1", "/backend-api/codex"),
            ("/v1x/y", "/backend-api/codex/v1x/y"),
        ];
        for (path, expected) in cases {
            assert_eq!(chatgpt_path(path), expected);
        }
    }
}
