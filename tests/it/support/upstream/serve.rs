//! The sockets: every request is noted as it arrives, then answered by the router.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower_service::Service;

use super::call::{Call, split_key};
use super::router::router;
use super::seen::{Outcome, Place, Seen};

/// Accepts until dropped; its connections end with it.
pub(super) async fn accept(listener: TcpListener, seen: Seen) {
    let router = router();
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Events must leave one by one, as a real upstream sends them.
        stream.set_nodelay(true).expect("a fresh socket takes options");
        let (router, seen) = (router.clone(), seen.clone());
        connections.spawn(async move {
            let service = service_fn(move |request| handle(router.clone(), seen.clone(), request));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A connection that ends in an error is a scenario or a client that left: `seen` tells which.
            let _ended = served.await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn handle(
    router: Router,
    seen: Seen,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let place = seen.begin(&head, split_key(&head.uri).0);
    let mut unanswered = Unanswered(Some(place.clone()));
    if read_body(body, &place).await.is_err() {
        return Ok(misuse("the request's body did not arrive whole".to_owned()));
    }
    let call = match Call::read(&head, place.body().into(), place.clone()) {
        Ok(call) => call,
        Err(sentence) => return Ok(misuse(sentence)),
    };
    tokio::time::sleep(call.scenario.head_delay()).await;
    let response = route(router, head, call).await;
    unanswered.0 = None;
    response
}

/// hyper drops a request's future when the client leaves: a request without an answer ends here.
struct Unanswered(Option<Place>);

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            place.end(Outcome::ClientGone);
        }
    }
}

async fn read_body(mut body: Incoming, place: &Place) -> Result<(), hyper::Error> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            place.add_body(&data);
        }
    }
    Ok(())
}

async fn route(mut router: Router, head: Parts, call: Call) -> Result<Response<Body>, Infallible> {
    let place = call.place.clone();
    let mut request = Request::from_parts(head, Body::empty());
    request.extensions_mut().insert(call);
    let response = router.call(request).await?;
    // A response of the router itself (405) has no script that would note the end.
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        place.end(Outcome::Answered);
    }
    Ok(response)
}

/// 501, which no scenario answers: the test itself is wrong.
fn misuse(sentence: String) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(sentence)));
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    response
}
