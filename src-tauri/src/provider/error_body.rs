//! The proxy's own errors, in the shape that each provider's SDK knows.

use serde_json::json;

use super::Provider;

/// Says in every shape that the proxy, not the provider, is speaking.
const ERROR_TYPE: &str = "llm_proxy_error";

/// See [`Provider::error_body`].
pub(super) fn error_body(provider: Provider, status: u16, code: &str, message: &str) -> String {
    let body = match provider {
        Provider::Anthropic => {
            json!({ "type": "error", "error": { "type": ERROR_TYPE, "message": message, "code": code } })
        }
        Provider::OpenAi => {
            json!({ "error": { "message": message, "type": ERROR_TYPE, "param": null, "code": code } })
        }
        Provider::Gemini => json!({ "error": {
            "code": status,
            "message": message,
            "status": google_status(status),
            "details": [{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": code,
                "domain": "llm-proxy",
            }],
        } }),
        Provider::Bedrock => json!({ "message": message, "type": ERROR_TYPE, "code": code }),
    };
    body.to_string()
}

/// Google's canonical name of an HTTP status; its SDKs branch on it.
fn google_status(status: u16) -> &'static str {
    match status {
        400 | 413 | 414 | 431 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        421 => "FAILED_PRECONDITION",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        502 | 503 => "UNAVAILABLE",
        500..=599 => "INTERNAL",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{AnswerBody, read_answer};

    #[test]
    fn every_shape_is_read_back_with_its_message_and_says_it_is_the_proxy() {
        let message = "upstream \"refused\"\n";
        for provider in [Provider::Anthropic, Provider::OpenAi, Provider::Gemini, Provider::Bedrock] {
            let body = provider.error_body(502, "upstream_refused", message);
            let error = read_answer(provider, "/v1/messages", AnswerBody::Json(&body)).error.unwrap();
            assert_eq!(error.message, message, "{provider:?}");
            assert!(body.contains("upstream_refused") && body.contains("llm"), "{body}");
        }
    }

    #[test]
    fn google_gets_its_numeric_code_and_canonical_status() {
        let body = Provider::Gemini.error_body(502, "upstream_refused", "no");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["error"]["code"], 502);
        assert_eq!(body["error"]["status"], "UNAVAILABLE");
    }
}
