//! Floor 3: floor 1 plus the least that logging can be: both bodies teed into memory without
//! delaying a byte, then one JSONL line for the request and one for the response (with one record
//! for each SSE event, as the Go program logs them), written by one thread through a queue. Bodies
//! not yet written are bounded to 64 MiB by making new requests wait: nothing is lost.
//! No sessions: it shows what a log-everything proxy cannot get under. With a third argument, the path of a new
//! SQLite file, it is floor 4, which keeps an index of the log besides ([`index`]).

mod index;

use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use bytes::Bytes;
use http_body::Frame;
use hyper::{HeaderMap, StatusCode, Uri, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use index::{Facts, Index, Row};

type Http = Client<HttpConnector, Body>;

/// What may be in memory and not yet written, in KiB.
const BUDGET_KIB: u32 = 64 << 10;

#[derive(Clone)]
struct App {
    client: Http,
    log: Sender<Record>,
    budget: Arc<Semaphore>,
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).unwrap_or("9303".into());
    let path = std::env::args().nth(2).unwrap_or("floor-log.jsonl".into());
    let (log, records) = channel();
    std::thread::spawn(move || {
        let index = std::env::args().nth(3).map(|path| Index::create(path.as_ref()).unwrap());
        write_log(path, index, records);
    });
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Http = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(256).build(connector);
    let app = Router::new().fallback(forward).with_state(App {
        client,
        log,
        budget: Arc::new(Semaphore::new(BUDGET_KIB as usize)),
    });
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
    axum::serve(listener, app).await.unwrap();
}

async fn forward(State(app): State<App>, mut req: Request) -> Response {
    let full = req.uri().path_and_query().map_or("/", |p| p.as_str()).to_string();
    let Some((upstream, rest)) = full[1..].split_once('/').and_then(|(_, r)| r.split_once('/')) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Ok(uri) = format!("http://{upstream}/{rest}").parse::<Uri>() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *req.uri_mut() = uri;
    req.headers_mut().remove(header::HOST);
    req.headers_mut().remove(header::CONNECTION);
    let size = |h: &HeaderMap| {
        h.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0)
    };
    // The request's own size and room for the answer's: streams are small.
    let need = (size(req.headers()) / 1024 + 64).min(BUDGET_KIB as u64) as u32;
    let permit = app.budget.clone().acquire_many_owned(need).await.ok().map(Arc::new);
    static EXCHANGES: AtomicU64 = AtomicU64::new(1);
    let number = EXCHANGES.fetch_add(1, Ordering::Relaxed);
    let tee = |kind, status, headers: &HeaderMap| Record {
        _permit: permit.clone(),
        number,
        kind,
        path: full.clone(),
        status,
        headers: headers.clone(),
        start: Instant::now(),
        at: SystemTime::now(),
        seen: vec![],
        parts: vec![],
        to: app.log.clone(),
    };
    let record = tee("request", 0, req.headers());
    let req = req.map(|b| Body::new(Tee { inner: b, record: Some(record) }));
    match app.client.request(req).await {
        Ok(resp) => {
            let record = tee("response", resp.status().as_u16(), resp.headers());
            resp.map(|b| Body::new(Tee { inner: Body::new(b), record: Some(record) }))
        }
        Err(e) => (StatusCode::BAD_GATEWAY, e.to_string()).into_response(),
    }
}

struct Record {
    /// Of the exchange.
    number: u64,
    kind: &'static str,
    path: String,
    status: u16,
    headers: HeaderMap,
    start: Instant,
    at: SystemTime,
    /// Everything seen so far, copied: a kept `Bytes` would pin the whole read buffer behind it
    /// (tens of KiB for an event of 150 bytes).
    seen: Vec<u8>,
    /// When each part arrived, and where it ends in `seen`.
    parts: Vec<(Duration, usize)>,
    to: Sender<Record>,
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

/// Passes frames on untouched and keeps a copy of each; the record goes to the writer when
/// the body ends or is dropped.
struct Tee {
    inner: Body,
    record: Option<Record>,
}

impl http_body::Body for Tee {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let (Some(Ok(f)), Some(r)) = (&frame, &mut self.record)
            && let Some(data) = f.data_ref()
        {
            r.seen.extend_from_slice(data);
            r.parts.push((r.start.elapsed(), r.seen.len()));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        if let Some(r) = self.record.take() {
            let _ = r.to.clone().send(r);
        }
    }
}

#[derive(Serialize)]
struct Chunk<'a> {
    delta_ms: u64,
    raw: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    ts_ms: u64,
    path: &'a str,
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chunks: Vec<Chunk<'a>>,
}

fn write_log(path: String, mut index: Option<Index>, records: Receiver<Record>) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    let mut out = Counted { file: std::io::BufWriter::with_capacity(1 << 18, file), bytes: 0 };
    while let Some(first) = next_record(&mut index, &records) {
        let mut next = Some(first);
        while let Some(record) = next {
            let offset = out.bytes;
            record.write_line(&mut out);
            if let Some(index) = &mut index {
                index.add(record.row(offset, out.bytes - offset)).unwrap();
            }
            next = records.try_recv().ok();
        }
        let _ = out.flush();
    }
}

/// Knows how much was written.
struct Counted<W> {
    file: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Waits for the next; rows that have waited long enough are committed meanwhile.
fn next_record(index: &mut Option<Index>, records: &Receiver<Record>) -> Option<Record> {
    while let Some(index) = index
        && let Some(patience) = index.patience()
    {
        match records.recv_timeout(patience) {
            Ok(record) => return Some(record),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => index.commit().unwrap(),
        }
    }
    records.recv().ok()
}

impl Record {
    fn is_stream(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
    }

    fn at_ms(&self) -> u64 {
        self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
    }

    /// `offset` and `len`: where its line lies in the log, in bytes.
    fn row(&self, offset: u64, len: u64) -> Row {
        Row {
            number: self.number,
            is_request: self.kind == "request",
            path: self.path.clone(),
            at_ms: self.at_ms(),
            status: self.status,
            offset,
            len,
            facts: Facts::read(&String::from_utf8_lossy(&self.seen), self.is_stream()),
        }
    }

    fn write_line(&self, out: &mut impl Write) {
        let text = String::from_utf8_lossy(&self.seen);
        let chunks = if self.is_stream() { self.chunks(&text) } else { vec![] };
        let line = Line {
            kind: self.kind,
            ts_ms: self.at_ms(),
            path: &self.path,
            status: self.status,
            headers: self.headers.iter().map(|(k, v)| (k.as_str(), v.to_str().unwrap_or("?"))).collect(),
            size: self.seen.len(),
            body: if self.is_stream() { None } else { Some(&*text) },
            chunks,
        };
        let _ = serde_json::to_writer(&mut *out, &line);
        let _ = out.write_all(b"\n");
    }

    /// An event's time is that of the part that brought its end.
    fn chunks<'a>(&self, text: &'a str) -> Vec<Chunk<'a>> {
        let (mut end, mut part) = (0, 0);
        text.split_inclusive("\n\n")
            .map(|event| {
                end += event.len();
                while part + 1 < self.parts.len() && self.parts[part].1 < end {
                    part += 1;
                }
                Chunk { delta_ms: self.parts[part].0.as_millis() as u64, raw: event }
            })
            .collect()
    }
}
