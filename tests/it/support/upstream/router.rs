//! Which path is answered by what. Every path also exists below `/scenario/NAME/KEY`.

use std::future::{Ready, ready};

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::routing::{get, post};
use http::Response;

use super::answer::{Content, answer};
use super::call::Call;
use super::{anthropic, catalog, chat, gemini, responses};

pub(super) fn router() -> Router {
    let unknown = on(|_| Content::Error(404, "no such path"));
    Router::new().merge(api()).nest("/scenario/{scenario}/{key}", api()).fallback(unknown)
}

fn api() -> Router {
    Router::new()
        .route("/v1/messages", post(on(anthropic::messages)))
        .route("/v1/messages/count_tokens", post(on(anthropic::count_tokens)))
        .route("/v1/chat/completions", post(on(chat::completions)))
        .route("/v1/responses", post(on(responses::responses)))
        .route("/v1/embeddings", post(on(catalog::embeddings)))
        .route("/v1/models", get(on(catalog::models)))
        .route("/v1/files", post(on(catalog::file_created)))
        .route("/v1/files/{id}/content", get(on(catalog::file_content)))
        .route("/v1beta/models/{call}", post(on(gemini::generate)))
}

fn on(say: fn(&Call) -> Content) -> impl Fn(Extension<Call>) -> Ready<Response<Body>> + Clone {
    move |Extension(call)| ready(answer(&call, say))
}
