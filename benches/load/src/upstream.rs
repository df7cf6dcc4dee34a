//! The mock upstream: one thread, HTTP/1.1, answers from `wire`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Sleep};
use xxhash_rust::xxh3::Xxh3;

use crate::wire::{self, Api, Spec};

/// JSON answers, built once for each (API, size).
type Cache = Arc<Mutex<HashMap<(u8, usize), Bytes>>>;

pub async fn serve(addr: SocketAddr) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(addr).await?;
    eprintln!("mock upstream on {}", listener.local_addr()?);
    let cache: Cache = Cache::default();
    loop {
        let (stream, _) = listener.accept().await?;
        let _ = stream.set_nodelay(true);
        let cache = cache.clone();
        tokio::spawn(async move {
            let service = service_fn(move |req| answer(req, cache.clone()));
            // A client that goes away mid-stream is no error of the mock's.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(req: Request<Incoming>, cache: Cache) -> Result<Response<Answer>, Infallible> {
    let api = Api::from_path(req.uri().path());
    if req.method() == hyper::Method::GET || req.method() == hyper::Method::HEAD {
        let mut resp = Response::new(Answer::Whole(Some(Bytes::from_static(b"{\"ok\":true}"))));
        *resp.status_mut() = StatusCode::OK;
        return Ok(resp);
    }
    let mut hash = Xxh3::new();
    let mut len = 0u64;
    let mut spec = None;
    let mut carry: Vec<u8> = Vec::new();
    let mut body = req.into_body();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            hash.update(&data);
            len += data.len() as u64;
            if spec.is_none() {
                carry.extend_from_slice(&data);
                spec = Spec::find(&carry);
            }
        }
    }
    let spec = spec.unwrap_or(Spec::Json { bytes: 1024 });
    let answer = match spec {
        Spec::Json { bytes } => {
            let mut cache = cache.lock().unwrap();
            let body =
                cache.entry((api as u8, bytes)).or_insert_with(|| Bytes::from(wire::json_answer(api, bytes)));
            Answer::Whole(Some(body.clone()))
        }
        Spec::Sse { events, delay_us, text } => Answer::Stream(Box::new(Sse {
            api,
            events,
            delay: Duration::from_micros(delay_us),
            text: wire::filler(text, 3),
            next: 0,
            buf: String::with_capacity(512),
            sleep: None,
        })),
    };
    let content_type = match answer {
        Answer::Whole(_) => "application/json",
        Answer::Stream(_) => "text/event-stream; charset=utf-8",
    };
    let resp = Response::builder()
        .header("content-type", content_type)
        .header("request-id", "req_011MockMockMockMockMock")
        .header("anthropic-organization-id", "00000000-0000-4000-8000-000000000000")
        .header("anthropic-ratelimit-unified-status", "allowed")
        .header("cf-ray", "mock-LHR")
        .header("x-mock-req-len", len.to_string())
        .header("x-mock-req-xxh3", format!("{:016x}", hash.digest()))
        .body(answer)
        .expect("a valid response");
    Ok(resp)
}

enum Answer {
    Whole(Option<Bytes>),
    Stream(Box<Sse>),
}

/// An SSE stream: head, paced deltas, tail. Frame 0 is the head, 1..=events the deltas.
struct Sse {
    api: Api,
    events: usize,
    delay: Duration,
    text: String,
    next: usize,
    buf: String,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Sse {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.next > self.events + 1 {
            return Poll::Ready(None);
        }
        if self.next > 0 && !self.delay.is_zero() {
            let delay = self.delay;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(delay)));
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // The next deadline counts from this one, so the pace does not drift; a stream held
            // up by back-pressure starts afresh rather than send a burst.
            let due = sleep.deadline() + self.delay;
            let due = due.max(Instant::now());
            sleep.as_mut().reset(due);
        }
        self.buf.clear();
        match self.next {
            0 => self.buf.push_str(&wire::sse_head(self.api)),
            n if n <= self.events => {
                wire::sse_delta(&mut self.buf, self.api, n - 1, &self.text, wire::now_ns())
            }
            _ => self.buf.push_str(&wire::sse_tail(self.api, self.events)),
        }
        self.next += 1;
        Poll::Ready(Some(Bytes::copy_from_slice(self.buf.as_bytes())))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Answer::Whole(b) => Poll::Ready(b.take().map(|b| Ok(Frame::data(b)))),
            Answer::Stream(s) => s.poll(cx).map(|o| o.map(|b| Ok(Frame::data(b)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Answer::Whole(None))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match self {
            Answer::Whole(b) => http_body::SizeHint::with_exact(b.as_ref().map_or(0, |b| b.len() as u64)),
            Answer::Stream(_) => http_body::SizeHint::default(),
        }
    }
}
