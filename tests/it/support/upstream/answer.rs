//! From what an answer says to the bytes of a response, as the scenario wants them delivered.

use std::io::Write;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::body::{ScriptedBody, Step};
use super::call::{Call, Dialect};
use super::scenario::{Refusal, Scenario};

/// What an answer says, before the scenario has its way with it.
pub(super) enum Content {
    Json(Value),
    /// The events of a stream, each with its blank line.
    Events(Vec<String>),
    /// A binary download.
    Octets(Vec<u8>),
    /// An error in the caller's dialect.
    Error(u16, &'static str),
}

/// One server-sent event; `name` is absent where the API sends data only.
pub(super) fn event(name: Option<&str>, data: &Value) -> String {
    let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
    format!("{name}data: {data}\n\n")
}

/// Lets the client read what came before the cut: `fetch` throws away what was not read when a
/// connection breaks, so without it the events a client has seen would differ from run to run.
const BEFORE_CUT: Step = Step::Pause(Duration::from_millis(500));

/// Asks the scenario first, then `say`.
pub(super) fn answer(call: &Call, say: fn(&Call) -> Content) -> Response<Body> {
    match call.scenario.refusal(call.attempt) {
        Some(refusal) => refuse(call, refusal),
        None => deliver(call, say(call)),
    }
}

fn refuse(call: &Call, refusal: Refusal) -> Response<Body> {
    let status = match (refusal.status, call.dialect) {
        (529, Dialect::OpenAi | Dialect::Gemini) => 503,
        (status, _) => status,
    };
    let mut response = deliver(call, Content::Error(status, "refused, as the scenario asks"));
    if let Some((name, value)) = refusal.header {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn deliver(call: &Call, content: Content) -> Response<Body> {
    let (status, content_type, parts) = match content {
        Content::Json(value) => (200, "application/json", vec![value.to_string().into_bytes()]),
        Content::Octets(bytes) => (200, "application/octet-stream", vec![bytes]),
        Content::Error(status, message) => {
            let error = error_json(call, status, message);
            return respond(call, status, "application/json", vec![error.to_string().into_bytes()]);
        }
        Content::Events(events) => {
            let events = with_error_event(call, events);
            let parts = events.into_iter().map(String::into_bytes).collect();
            (200, "text/event-stream; charset=utf-8", parts)
        }
    };
    respond(call, status, content_type, parts)
}

fn respond(call: &Call, status: u16, content_type: &'static str, parts: Vec<Vec<u8>>) -> Response<Body> {
    let streamed = content_type.starts_with("text/event-stream");
    let (coding, parts) = encode(call.scenario, parts);
    let length: usize = parts.iter().map(Vec::len).sum();
    let steps =
        if streamed { stream_steps(call.scenario, &parts) } else { whole_steps(call.scenario, &parts) };
    let body = ScriptedBody::new(steps, call.place.clone());
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a valid status");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if streamed {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    } else {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    add_usual_headers(call, headers);
    response
}

/// The fields the real APIs add; `set-cookie` comes twice, because folding it would break it.
fn add_usual_headers(call: &Call, headers: &mut http::HeaderMap) {
    let id = HeaderValue::from_str(&call.id("req")).expect("an id of plain letters");
    match call.dialect {
        Dialect::Anthropic => {
            headers.insert("request-id", id);
            headers.insert("anthropic-organization-id", HeaderValue::from_static("org-scripted"));
            headers.insert("anthropic-ratelimit-requests-remaining", HeaderValue::from_static("49"));
        }
        Dialect::OpenAi => {
            headers.insert("x-request-id", id);
            headers.insert("openai-version", HeaderValue::from_static("2020-10-01"));
            headers.insert("openai-processing-ms", HeaderValue::from_static("12"));
        }
        Dialect::Gemini => {
            headers.insert("x-gemini-service-tier", HeaderValue::from_static("standard"));
        }
    }
    for cookie in ["first=1; Path=/", "second=2; Path=/; HttpOnly"] {
        headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    }
}

fn whole_steps(scenario: Scenario, parts: &[Vec<u8>]) -> Vec<Step> {
    let body = parts.concat();
    if scenario != Scenario::Cut {
        return vec![Step::Send(body.into())];
    }
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    vec![Step::Send(half), BEFORE_CUT, Step::Cut]
}

fn stream_steps(scenario: Scenario, parts: &[Vec<u8>]) -> Vec<Step> {
    let half = parts.len() / 2;
    let each = |parts: &[Vec<u8>], then: Step| -> Vec<Step> {
        parts.iter().flat_map(|part| [Step::Send(part.clone().into()), then.clone()]).collect()
    };
    match scenario {
        Scenario::Paced => each(parts, Step::Pause(Duration::from_millis(10))),
        Scenario::Torn => {
            let bytes = parts.concat();
            each(&bytes.chunks(7).map(<[u8]>::to_vec).collect::<Vec<_>>(), Step::Flush)
        }
        Scenario::Silent => {
            let mut steps = each(&parts[..half], Step::Flush);
            steps.push(Step::Pause(Duration::from_secs(1)));
            steps.extend(each(&parts[half..], Step::Flush));
            steps
        }
        Scenario::Cut => {
            let torn = &parts[half][..parts[half].len() / 2];
            let mut steps = each(&parts[..half], Step::Flush);
            steps.extend([Step::Send(Bytes::copy_from_slice(torn)), BEFORE_CUT, Step::Cut]);
            steps
        }
        Scenario::Plain
        | Scenario::Gzip
        | Scenario::Brotli
        | Scenario::Late
        | Scenario::Never
        | Scenario::Big
        | Scenario::ErrorEvent
        | Scenario::BadRequest
        | Scenario::Unauthorized
        | Scenario::NotFound
        | Scenario::RateLimitedOnce
        | Scenario::OverloadedTwice
        | Scenario::ServerError
        | Scenario::ServerErrorFinal => each(parts, Step::Flush),
    }
}

/// Encodes each part so that it can be decoded as soon as it has arrived, as the real APIs do.
fn encode(scenario: Scenario, parts: Vec<Vec<u8>>) -> (Option<&'static str>, Vec<Vec<u8>>) {
    if scenario == Scenario::Gzip {
        let encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        (Some("gzip"), encode_parts(&parts, encoder, GzEncoder::get_mut, |encoder| encoder.finish().ok()))
    } else if scenario == Scenario::Brotli {
        let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
        let finish = |encoder: brotli::CompressorWriter<Vec<u8>>| Some(encoder.into_inner());
        (Some("br"), encode_parts(&parts, encoder, brotli::CompressorWriter::get_mut, finish))
    } else {
        (None, parts)
    }
}

fn encode_parts<E: Write>(
    parts: &[Vec<u8>],
    mut encoder: E,
    written: fn(&mut E) -> &mut Vec<u8>,
    finish: impl FnOnce(E) -> Option<Vec<u8>>,
) -> Vec<Vec<u8>> {
    let mut encoded = Vec::new();
    for part in parts {
        encoder.write_all(part).and_then(|()| encoder.flush()).expect("memory can be written");
        encoded.push(std::mem::take(written(&mut encoder)));
    }
    encoded.push(finish(encoder).expect("memory can be written"));
    encoded
}

/// In the scenario `error-event`, the second half of a stream is one error event.
fn with_error_event(call: &Call, mut events: Vec<String>) -> Vec<String> {
    if call.scenario != Scenario::ErrorEvent {
        return events;
    }
    events.truncate(events.len() / 2);
    let error = error_json(call, 529, "overloaded in the middle");
    events.push(match call.dialect {
        Dialect::Anthropic => event(Some("error"), &error),
        Dialect::OpenAi if call.path.ends_with("/responses") => {
            let error = json!({"type": "error", "code": "server_error", "message": "overloaded in the middle",
                "param": null, "sequence_number": 99});
            event(Some("error"), &error)
        }
        Dialect::OpenAi | Dialect::Gemini => event(None, &error),
    });
    events
}

fn error_json(call: &Call, status: u16, message: &str) -> Value {
    let message = format!("{message} (attempt {})", call.attempt);
    match call.dialect {
        Dialect::Anthropic => {
            let kind = match status {
                400 => "invalid_request_error",
                401 => "authentication_error",
                404 => "not_found_error",
                429 => "rate_limit_error",
                529 => "overloaded_error",
                _ => "api_error",
            };
            json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": call.id("req")})
        }
        Dialect::OpenAi => {
            let kind = if status < 500 { "invalid_request_error" } else { "server_error" };
            json!({"error": {"message": message, "type": kind, "param": null, "code": status.to_string()}})
        }
        Dialect::Gemini => {
            json!({"error": {"code": status, "message": message, "status": "UNAVAILABLE"}})
        }
    }
}
