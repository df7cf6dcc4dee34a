//! The proxy's own answers: JSON in the provider's error shape, marked as the proxy's.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::provider::Provider;

/// Marks an answer that comes from the proxy and not from the provider; its value is the error's code.
const MARK: HeaderName = HeaderName::from_static("x-llm-proxy-error");

/// Why a request was not forwarded, or got no answer. The text names no secret and no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct ProxyError {
    pub(super) status: StatusCode,
    /// For programs.
    pub(super) code: &'static str,
    /// For people: what is wrong and what to do.
    pub(super) message: String,
    /// Whose error shape to use, when it is known.
    pub(super) provider: Option<Provider>,
}

impl ProxyError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), provider: None }
    }

    pub(super) fn of(mut self, provider: Provider) -> Self {
        self.provider = Some(provider);
        self
    }
}

impl IntoResponse for ProxyError {
    fn into_response(self) -> Response {
        let message = format!("llm-proxy: {}", self.message);
        // Callers that named no provider get OpenAI's shape, the one most clients can show.
        let shape = self.provider.unwrap_or(Provider::OpenAi);
        let body = shape.error_body(self.status.as_u16(), self.code, &message);
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(MARK, HeaderValue::from_static(self.code));
        if self.status == StatusCode::UPGRADE_REQUIRED {
            // RFC 9110 15.5.22: a 426 names the protocol that would do.
            headers.insert(header::UPGRADE, HeaderValue::from_static("HTTP/1.1"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        }
        response
    }
}
