//! A connection to an upstream that tells whether all that came over it so far was taken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// How far a connection is read. With every response that comes over it, in its extensions.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Nothing has come since the connection was last asked. hyper asks when it has used up what it got.
    drained: AtomicBool,
    waits: AtomicWaker,
}

impl Reading {
    /// Ready when hyper has nothing more to give than what it gave: the next bytes must come from outside.
    pub(super) fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_drained() {
            return Poll::Ready(());
        }
        self.shared.waits.register(cx.waker());
        if self.is_drained() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn is_drained(&self) -> bool {
        self.shared.drained.load(Ordering::Acquire)
    }

    fn told(&self, drained: bool) {
        if self.shared.drained.swap(drained, Ordering::AcqRel) != drained && drained {
            self.shared.waits.wake();
        }
    }
}

/// The connection itself, decrypted.
#[derive(Debug)]
pub(super) struct UpstreamIo<S> {
    inner: S,
    reading: Reading,
}

impl<S> UpstreamIo<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, reading: Reading::default() }
    }
}

impl<S: Connection> Connection for UpstreamIo<S> {
    fn connected(&self) -> Connected {
        self.inner.connected().extra(self.reading.clone())
    }
}

impl<S: Read + Unpin> Read for UpstreamIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_read(cx, buffer);
        self.reading.told(!matches!(result, Poll::Ready(Ok(()))));
        result
    }
}

impl<S: Write + Unpin> Write for UpstreamIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
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
