//! One exchange: the request goes up while it arrives, the response comes down while it arrives.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use http::{StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::Shared;
use super::connect::NotPublic;
use super::error::ProxyError;
use super::gather::Gather;
use super::headers::{self, LoggedHeaders};
use super::interim::Aside;
use super::route::{self, Route};
use super::tap::{RequestTap, ResponseTap, Unread};
use crate::journal::ExchangeWriter;
use crate::model::{RequestId, Timestamp};
use crate::record::{Begin, EndKind, ResponseHead};

/// So long the proxy goes on reading a request that it cannot forward, so that the log has it, and so
/// that the client reads the answer rather than a reset.
const READ_UNSENT: Duration = Duration::from_secs(5);

/// Forwards a request that passed the gate. An error is the proxy's own answer; the exchange is on
/// record either way, once its upstream is known.
pub(super) async fn forward(shared: &Shared, request: Request) -> Result<Response, ProxyError> {
    let route = route::route(request.uri(), request.headers(), &shared.config, shared.port)?;
    let begin = begin(shared, &request, &route);
    let writer = shared.journal.begin(&begin).limit_bodies(shared.config.max_body_bytes);
    let writer = Arc::new(writer);
    let unread = Unread::default();
    match exchange(shared, request, &route, &writer, &unread).await {
        Ok(response) => Ok(incoming(shared, response, writer)),
        Err((kind, error)) => {
            writer.outcome(kind, Some(error.to_string()));
            read_unsent(shared, writer, &unread).await;
            Err(error)
        }
    }
}

/// The upstream's answer to a request, or why there is none.
async fn exchange(
    shared: &Shared,
    request: Request,
    route: &Route,
    writer: &Arc<ExchangeWriter>,
    unread: &Unread,
) -> Result<http::Response<Incoming>, (EndKind, ProxyError)> {
    let upgrade = headers::wants_upgrade(request.headers()).then(|| no_upgrade().of(route.provider));
    let speaks_interim = request.version() == Version::HTTP_11;
    let aside = request.extensions().get::<Aside>().cloned().filter(|_| speaks_interim);
    let (parts, body) = request.into_parts();
    let body = RequestTap::new(body, Arc::clone(writer), shared.redactor.clone(), unread.clone());
    if let Some(refusal) = route.refusal.clone().or(upgrade) {
        return Err((EndKind::Refused, refusal));
    }
    let outgoing = outgoing(parts, body, route).map_err(|error| (EndKind::Refused, error))?;
    let answer = send(shared, outgoing, writer, aside).await;
    answer.map_err(|error| (EndKind::UpstreamError, explain(&error, route)))
}

/// Puts what the client still sends on record.
async fn read_unsent(shared: &Shared, writer: Arc<ExchangeWriter>, unread: &Unread) {
    let Some(body) = unread.take() else { return };
    let mut rest = RequestTap::new(body, writer, shared.redactor.clone(), Unread::default());
    let reading = async {
        let mut left = shared.config.max_body_bytes;
        while let Some(Ok(frame)) = rest.frame().await {
            let len = frame.data_ref().map_or(0, |data| data.len() as u64);
            left = left.saturating_sub(len);
            if left == 0 {
                return;
            }
        }
    };
    // Whoever is slower gets the answer all the same.
    let _ = tokio::time::timeout(READ_UNSENT, reading).await;
}

/// The head as the journal gets it: redacted.
fn begin<'r>(shared: &'r Shared, request: &'r Request, route: &Route) -> Begin<LoggedHeaders<'r>> {
    Begin {
        request_id: RequestId::random(),
        started: Timestamp::now(),
        provider: route.provider,
        upstream: route.upstream.clone(),
        method: request.method().as_str().to_owned(),
        path: route.path.clone(),
        query: route.query.as_deref().map(|query| shared.redactor.query(query).into_owned()),
        headers: LoggedHeaders { headers: request.headers(), redactor: &shared.redactor },
        http_version: version(request.version()),
    }
}

fn outgoing(
    mut parts: Parts,
    body: RequestTap,
    route: &Route,
) -> Result<http::Request<RequestTap>, ProxyError> {
    parts.uri = route.uri()?;
    parts.version = Version::HTTP_11;
    parts.headers = headers::for_upstream(parts.headers);
    Ok(http::Request::from_parts(parts, body))
}

/// Sends, and passes interim responses on while the final one is not there.
async fn send(
    shared: &Shared,
    mut request: http::Request<RequestTap>,
    writer: &Arc<ExchangeWriter>,
    aside: Option<Aside>,
) -> Result<http::Response<Incoming>, hyper_util::client::legacy::Error> {
    let writer = Arc::clone(writer);
    let Some(aside) = aside else { return shared.upstreams.send(request, writer).await };
    aside.listen(&mut request);
    let mut sending = pin!(shared.upstreams.send(request, writer));
    let mut answer = Poll::Pending;
    poll_fn(|cx| {
        if answer.is_pending() {
            answer = sending.as_mut().poll(cx);
        }
        // Asked after the answer: what came before it was pushed before it.
        ready!(aside.poll_written(cx));
        std::mem::replace(&mut answer, Poll::Pending)
    })
    .await
}

fn incoming(shared: &Shared, response: http::Response<Incoming>, writer: Arc<ExchangeWriter>) -> Response {
    let (mut parts, body) = response.into_parts();
    writer.response_head(&ResponseHead {
        status: parts.status.as_u16(),
        headers: LoggedHeaders { headers: &parts.headers, redactor: &shared.redactor },
        http_version: version(parts.version),
    });
    parts.headers = headers::for_client(parts.headers);
    let came_over = std::mem::replace(&mut parts.version, Version::HTTP_11);
    let length_given = parts.headers.contains_key(header::CONTENT_LENGTH);
    // A body of known length has no chunks, and over http/2 others share the connection.
    let in_chunks = !length_given && came_over == Version::HTTP_11;
    let reading = in_chunks.then(|| parts.extensions.remove()).flatten();
    let body = Gather::new(body, reading);
    let tapped = ResponseTap::new(body, length_given, writer, shared.redactor.clone());
    http::Response::from_parts(parts, Body::new(tapped))
}

fn version(version: Version) -> String {
    let name = match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_2 => "HTTP/2.0",
        other => return format!("{other:?}"),
    };
    name.to_owned()
}

fn no_upgrade() -> ProxyError {
    // 426 and nothing else: on 404, 405 or 501 a client that prefers WebSockets retries for seconds.
    ProxyError::new(
        StatusCode::UPGRADE_REQUIRED,
        "upgrade_refused",
        "upgraded connections are not forwarded; use plain HTTP",
    )
}

/// What a failed send means, told without URL and without secret.
fn explain(error: &hyper_util::client::legacy::Error, route: &Route) -> ProxyError {
    let host = &route.upstream;
    let (status, code, what) =
        if chain(error).any(|cause| cause.downcast_ref::<io::Error>().is_some_and(not_public)) {
            return route::not_allowed(&route.host, route.port).of(route.provider);
        } else if chain(error).any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::TimedOut)
        }) {
            (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", format!("{host} did not answer in time"))
        } else if error.is_connect() {
            (
                StatusCode::BAD_GATEWAY,
                "upstream_unreachable",
                format!("cannot connect to {host}: {}", causes(error)),
            )
        } else {
            (StatusCode::BAD_GATEWAY, "upstream_failed", format!("{host} gave no answer: {}", causes(error)))
        };
    ProxyError::new(status, code, what).of(route.provider)
}

fn not_public(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotPublic>())
}

/// The innermost causes of an error, which say what happened; the outer ones only say where.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let all: Vec<String> = chain(error).map(ToString::to_string).collect();
    all.last().cloned().unwrap_or_default()
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}
