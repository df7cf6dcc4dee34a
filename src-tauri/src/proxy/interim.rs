//! Interim responses (1xx, RFC 9110 15.2) on the way to the client. hyper's server sends only its own
//! `100 Continue`, so they are written into the connection from beside it, at a moment when it has
//! nothing of its own to write: while the handler waits for the final response.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_util::task::AtomicWaker;
use http::{HeaderMap, StatusCode};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::head_clock::HeadTimer;
use super::headers;

/// The way of interim responses from an upstream's connection to a client's. In every request's extensions.
#[derive(Debug, Clone, Default)]
pub(super) struct Aside {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicBool,
    bytes: Mutex<Vec<u8>>,
    /// Wakes the client's connection: to write what waits, and to go on when it is written.
    handler: AtomicWaker,
}

impl Aside {
    /// Has the upstream's interim responses to `request` written. `100 Continue` is left out: towards the
    /// client hyper answers an expectation itself, when the body is asked for.
    pub(super) fn listen<B>(&self, request: &mut http::Request<B>) {
        let aside = self.clone();
        hyper::ext::on_informational(request, move |response| {
            if response.status() != StatusCode::CONTINUE {
                aside.push(response.status(), response.headers());
            }
        });
    }

    fn push(&self, status: StatusCode, fields: &HeaderMap) {
        self.buffer().extend_from_slice(&encode(status, fields));
        self.shared.waiting.store(true, Ordering::Release);
        self.shared.handler.wake();
    }

    /// Ready when nothing waits to be written. For the handler, which must not answer before: the connection
    /// polls it, and flushes its socket right after.
    pub(super) fn poll_written(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.handler.register(cx.waker());
        if self.shared.waiting.load(Ordering::Acquire) { Poll::Pending } else { Poll::Ready(()) }
    }

    fn buffer(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.shared.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode(status: StatusCode, fields: &HeaderMap) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or_default())
            .into_bytes();
    for (name, value) in &headers::for_client(fields.clone()) {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// A client's connection.
#[derive(Debug)]
pub(super) struct ClientIo {
    inner: TokioIo<TcpStream>,
    aside: Aside,
    head_timer: HeadTimer,
}

impl ClientIo {
    pub(super) fn new(stream: TcpStream, aside: Aside, head_timer: HeadTimer) -> Self {
        Self { inner: TokioIo::new(stream), aside, head_timer }
    }

    fn write_aside(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = self.aside.buffer();
        while !bytes.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            bytes.drain(..written);
        }
        self.aside.shared.waiting.store(false, Ordering::Release);
        drop(bytes);
        self.aside.shared.handler.wake();
        Poll::Ready(Ok(()))
    }
}

impl Read for ClientIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_read(cx, buffer);
        // Or the end came, after which no timer matters.
        let bytes_came = matches!(result, Poll::Ready(Ok(())));
        if self.head_timer.poll_after_read(bytes_came, cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        result
    }
}

impl Write for ClientIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    /// hyper flushes when everything of its own is written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.aside.shared.waiting.load(Ordering::Acquire) {
            ready!(self.write_aside(cx))?;
        }
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, pieces)
    }
}
