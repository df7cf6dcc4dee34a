//! One exchange as planned: what the client sends and what the upstream answers, down to the byte.

use std::fmt;
use std::net::SocketAddr;

use crate::support::raw::Field;

/// How a planned body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framed {
    /// No body, and nothing said about one.
    No,
    /// No body, but the length that it would have: answers to HEAD, and 304.
    LengthOnly(usize),
    /// By `Content-Length`.
    Length,
    /// In chunks.
    Chunked,
    /// By the close of the connection; responses only.
    UntilClose,
}

/// A body as planned.
#[derive(Clone)]
pub(super) struct Payload {
    pub(super) framed: Framed,
    pub(super) bytes: Vec<u8>,
    /// Sizes of the chunks; their sum is the length of `bytes`.
    pub(super) chunks: Vec<usize>,
    /// Whether chunks carry an extension, which belongs to one hop.
    pub(super) chunk_extension: bool,
    pub(super) trailers: Vec<Field>,
}

/// One exchange.
#[derive(Clone)]
pub(super) struct Exchange {
    /// Finds the plan again at the upstream (`x-exchange`).
    pub(super) id: u64,
    pub(super) provider: &'static str,
    pub(super) method: Vec<u8>,
    /// Path and query as the upstream must get them.
    pub(super) target: Vec<u8>,
    pub(super) request_fields: Vec<Field>,
    pub(super) request: Payload,
    /// The fields of a 103 before the response.
    pub(super) hints: Option<Vec<Field>>,
    pub(super) status: u16,
    pub(super) reason: Vec<u8>,
    pub(super) response_fields: Vec<Field>,
    pub(super) response: Payload,
}

/// Whom the client of an exchange talks to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// The upstream itself: what the test's own tools do to an exchange, which must be nothing.
    Direct { upstream: SocketAddr },
    /// The proxy in between.
    Proxied { proxy: SocketAddr, upstream: SocketAddr },
}

impl Way {
    /// Where the client connects.
    pub(super) fn addr(self) -> SocketAddr {
        match self {
            Self::Direct { upstream } => upstream,
            Self::Proxied { proxy, .. } => proxy,
        }
    }
}

impl Exchange {
    /// The whole request, as the client writes it.
    pub(super) fn request_bytes(&self, way: Way) -> Vec<u8> {
        let mut out = self.method.clone();
        out.push(b' ');
        if let Way::Proxied { upstream, .. } = way {
            out.extend_from_slice(format!("/{}/{upstream}", self.provider).as_bytes());
        }
        out.extend_from_slice(&self.target);
        out.extend_from_slice(
            format!(" HTTP/1.1\r\nHost: {}\r\nx-exchange: {}\r\n", way.addr(), self.id).as_bytes(),
        );
        write_fields(&mut out, &self.request_fields);
        self.request.write(&mut out);
        out
    }

    /// The whole response, interim one included, as the upstream writes it.
    pub(super) fn response_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(hints) = &self.hints {
            out.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\n");
            write_fields(&mut out, hints);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("HTTP/1.1 {} ", self.status).as_bytes());
        out.extend_from_slice(&self.reason);
        out.extend_from_slice(b"\r\n");
        write_fields(&mut out, &self.response_fields);
        self.response.write(&mut out);
        out
    }

    /// Whether the upstream ends the connection after this exchange.
    pub(super) fn closes(&self) -> bool {
        self.response.framed == Framed::UntilClose
    }
}

impl Payload {
    /// No body.
    pub(super) fn none() -> Self {
        Self {
            framed: Framed::No,
            bytes: Vec::new(),
            chunks: Vec::new(),
            chunk_extension: false,
            trailers: Vec::new(),
        }
    }

    /// The framing fields, the empty line and the body.
    fn write(&self, out: &mut Vec<u8>) {
        match self.framed {
            Framed::No | Framed::UntilClose => out.extend_from_slice(b"\r\n"),
            Framed::LengthOnly(length) => {
                out.extend_from_slice(format!("Content-Length: {length}\r\n\r\n").as_bytes());
            }
            Framed::Length => {
                out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.bytes.len()).as_bytes());
            }
            Framed::Chunked => {
                out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                return self.write_chunks(out);
            }
        }
        out.extend_from_slice(&self.bytes);
    }

    fn write_chunks(&self, out: &mut Vec<u8>) {
        let extension = if self.chunk_extension { ";note=\"one hop\"" } else { "" };
        let mut rest = self.bytes.as_slice();
        for size in &self.chunks {
            let (chunk, after) = rest.split_at(*size);
            out.extend_from_slice(format!("{size:x}{extension}\r\n").as_bytes());
            out.extend_from_slice(chunk);
            out.extend_from_slice(b"\r\n");
            rest = after;
        }
        out.extend_from_slice(b"0\r\n");
        write_fields(out, &self.trailers);
        out.extend_from_slice(b"\r\n");
    }
}

fn write_fields(out: &mut Vec<u8>, fields: &[Field]) {
    for (name, value) in fields {
        out.extend_from_slice(name);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
}

/// Both plans in full, bodies shortened.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exchange {} at {}", self.id, self.provider)?;
        writeln!(f, "{} {}", self.method.escape_ascii(), self.target.escape_ascii())?;
        debug_fields(f, &self.request_fields)?;
        writeln!(f, "  {:?}", self.request)?;
        if let Some(hints) = &self.hints {
            writeln!(f, "103")?;
            debug_fields(f, hints)?;
        }
        writeln!(f, "{} {}", self.status, self.reason.escape_ascii())?;
        debug_fields(f, &self.response_fields)?;
        write!(f, "  {:?}", self.response)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.bytes.len();
        write!(f, "body {:?}, {length} bytes in chunks of {:?}, trailers", self.framed, self.chunks)?;
        self.trailers
            .iter()
            .try_for_each(|(name, value)| write!(f, " {}: {};", name.escape_ascii(), value.escape_ascii()))
    }
}

fn debug_fields(f: &mut fmt::Formatter<'_>, fields: &[Field]) -> fmt::Result {
    fields
        .iter()
        .try_for_each(|(name, value)| writeln!(f, "  {}: {}", name.escape_ascii(), value.escape_ascii()))
}
