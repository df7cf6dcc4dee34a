//! The two ways in which the page speaks with us: it asks, and it hears what changes.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::Shared;
use crate::api::explorer::types::ChangeNote;
use crate::api::explorer::{CallError, answer};

/// How often an open stream is written to at least: that is how a page that left is noticed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// `POST /call`.
pub(super) async fn call(State(shared): State<Shared>, call: Result<Json<Value>, JsonRejection>) -> Response {
    let answered = match call {
        Ok(Json(call)) => answer(&shared.front, call).await,
        Err(rejection) => Err(CallError::BadCall(rejection.body_text())),
    };
    match answered {
        Ok(value) => Json(value).into_response(),
        Err(error) => (status(&error), Json(error)).into_response(),
    }
}

fn status(error: &CallError) -> StatusCode {
    match error {
        CallError::BadCall(_) => StatusCode::BAD_REQUEST,
        CallError::NotFound(_) => StatusCode::NOT_FOUND,
        CallError::Refused(_) => StatusCode::FORBIDDEN,
        CallError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// `GET /changes`: server-sent events, one for each change, as long as the page listens. The first is for
/// pages that were cut off: they have missed something.
pub(super) async fn changes(State(shared): State<Shared>) -> Response {
    let first = stream::iter([event(&ChangeNote::Something)]);
    let rest = stream::unfold(shared.front.host.changes(), |mut changes| async {
        let text = match tokio::time::timeout(SIGN_OF_LIFE, changes.recv()).await {
            Ok(Ok(note)) => event(&note),
            Ok(Err(RecvError::Lagged(_))) => event(&ChangeNote::Something),
            Ok(Err(RecvError::Closed)) => return None,
            Err(_) => ":\n\n".to_owned(),
        };
        Some((text, changes))
    });
    let body = Body::from_stream(first.chain(rest).map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn event(note: &ChangeNote) -> String {
    // A note is plain values: it always serialises.
    let json = serde_json::to_string(note).unwrap_or_default();
    format!("data: {json}\n\n")
}
