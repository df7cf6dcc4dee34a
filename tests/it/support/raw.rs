//! HTTP/1.1 on bare sockets: what a test sends is exactly what it wrote, and what it reads is judged
//! by a strict grammar of its own, so that no library stands between the test and the wire.

mod body;
mod head;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

pub(crate) use body::{Body, BodyReader, Framing};
pub(crate) use head::{Field, Head};

/// How long any single wait lasts before the test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Why a message could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The other side closed before the first byte of a message.
    Closed,
    /// The other side closed within a message.
    Cut,
    /// The connection was reset.
    Reset,
    /// Something that the grammar does not allow.
    Grammar(String),
}

/// A whole request, as the upstream read it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Request line and fields.
    pub(crate) head: Head,
    /// The body, unframed.
    pub(crate) body: Body,
}

/// A whole response, as the client read it.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// Interim responses (1xx) that came before.
    pub(crate) interim: Vec<Head>,
    /// Status line and fields.
    pub(crate) head: Head,
    /// The body, unframed; its `broken` says whether it came whole.
    pub(crate) body: Body,
}

/// The reading half of a connection, with what was read ahead.
#[derive(Debug)]
pub(crate) struct Reader {
    half: OwnedReadHalf,
    buffer: Vec<u8>,
    /// Where in `buffer` the unread bytes begin.
    start: usize,
}

/// One TCP connection, of a client or of an upstream.
#[derive(Debug)]
pub(crate) struct Connection {
    /// What comes in.
    pub(crate) reader: Reader,
    /// What goes out; each write is a segment of its own.
    pub(crate) writer: OwnedWriteHalf,
}

/// A listener on a free loopback port: the upstream of a test that plays its part line by line.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
}

impl Listener {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) async fn bind() -> Self {
        Self::bind_to((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Listens on the given address.
    pub(crate) async fn bind_to(addr: SocketAddr) -> Self {
        let listener = TcpListener::bind(addr).await.expect("a free loopback port");
        let addr = listener.local_addr().expect("a bound listener has an address");
        Self { listener, addr }
    }

    /// The next connection; the test fails when none comes.
    pub(crate) async fn accept(&self) -> Connection {
        let accepted = timeout(DEADLINE, self.listener.accept()).await.expect("no connection came in time");
        Connection::over(accepted.expect("a listener accepts").0)
    }

    /// The next connection as a plain socket, for tests that put TLS on it.
    pub(crate) async fn accept_socket(&self) -> TcpStream {
        let accepted = timeout(DEADLINE, self.listener.accept()).await.expect("no connection came in time");
        accepted.expect("a listener accepts").0
    }

    /// The next connection, however long it takes.
    pub(crate) async fn accept_when_called(&self) -> Connection {
        Connection::over(self.listener.accept().await.expect("a listener accepts").0)
    }

    /// True when a connection stands waiting or arrives within `patience`.
    pub(crate) async fn is_called_within(&self, patience: Duration) -> bool {
        timeout(patience, self.listener.accept()).await.is_ok()
    }
}

impl Connection {
    /// Connects to `addr`.
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let connected = timeout(DEADLINE, TcpStream::connect(addr)).await.expect("connecting hangs");
        Self::over(connected.expect("the address listens"))
    }

    /// Speaks over a connected socket.
    pub(crate) fn over(socket: TcpStream) -> Self {
        socket.set_nodelay(true).expect("a fresh socket takes options");
        let (half, writer) = socket.into_split();
        Self { reader: Reader { half, buffer: Vec::new(), start: 0 }, writer }
    }

    /// Writes all of `bytes`; the test fails when the other side does not take them.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes.as_ref()).await.expect("the other side takes the bytes");
    }

    /// Writes all of `bytes`, or says that the other side has gone.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        timeout(DEADLINE, self.writer.write_all(bytes)).await.unwrap_or(Err(ErrorKind::TimedOut.into()))
    }

    /// Reads one request.
    pub(crate) async fn request(&mut self) -> Result<Request, Broken> {
        let head = self.reader.head().await?;
        let framing = Framing::of_request(&head).map_err(Broken::Grammar)?;
        let body = self.reader.body(framing).await;
        Ok(Request { head, body })
    }

    /// Reads one request, however long the connection stays idle before it.
    pub(crate) async fn request_when_sent(&mut self) -> Result<Request, Broken> {
        if self.reader.unread().is_empty() {
            self.reader.half.readable().await.map_err(|_| Broken::Reset)?;
        }
        self.request().await
    }

    /// Reads one response to a request with this method, and the interim ones before it.
    pub(crate) async fn response(&mut self, method: &[u8]) -> Result<Response, Broken> {
        let (interim, head) = self.response_head().await?;
        let framing = Framing::of_response(&head, method).map_err(Broken::Grammar)?;
        let body = self.reader.body(framing).await;
        Ok(Response { interim, head, body })
    }

    /// Reads the head of a final response, and the interim ones before it.
    pub(crate) async fn response_head(&mut self) -> Result<(Vec<Head>, Head), Broken> {
        let mut interim = Vec::new();
        loop {
            let head = self.reader.head().await?;
            match head.status() {
                Some(101) | None => return Err(Broken::Grammar(format!("unexpected {head:?}"))),
                Some(100..=199) => interim.push(head),
                Some(_) => return Ok((interim, head)),
            }
        }
    }

    /// Ends the connection with a reset, as a process that dies with data unread does.
    pub(crate) fn reset(self) {
        self.writer.as_ref().set_zero_linger().expect("a socket takes options");
        self.writer.forget();
    }
}

impl Reader {
    /// Reads one message head.
    pub(crate) async fn head(&mut self) -> Result<Head, Broken> {
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.start..];
            if let Some(at) = unread[searched..].windows(4).position(|window| window == b"\r\n\r\n") {
                let length = searched + at + 4;
                let head = Head::parse(&unread[..length]).map_err(Broken::Grammar)?;
                self.start += length;
                return Ok(head);
            }
            searched = unread.len().saturating_sub(3);
            self.fill().await?;
        }
    }

    /// Reads a body to its end, or as far as it comes.
    pub(crate) async fn body(&mut self, framing: Framing) -> Body {
        let mut reading = BodyReader::new(framing);
        let mut bytes = Vec::new();
        let broken = loop {
            match reading.part(self).await {
                Ok(Some(part)) => bytes.extend_from_slice(&part),
                Ok(None) => break None,
                Err(broken) => break Some(broken),
            }
        };
        Body { bytes, trailers: reading.trailers, broken }
    }

    /// Waits until the other side is gone: true for a close, false when more bytes came instead.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.unread().is_empty() && self.fill().await.is_err()
    }

    /// Drops everything that comes until the other side is gone.
    pub(crate) async fn until_closed(&mut self) {
        while self.fill().await.is_ok() {
            self.start = self.buffer.len();
        }
    }

    /// What was read and not yet taken.
    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let part = self.unread()[..length].to_vec();
        self.start += length;
        part
    }

    /// Takes a line that ends in CR LF, without its end.
    async fn line(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            if let Some(at) = self.unread().windows(2).position(|window| window == b"\r\n") {
                let line = self.take(at);
                self.start += 2;
                return Ok(line);
            }
            self.fill().await?;
        }
    }

    /// Reads more; an error when there is no more.
    async fn fill(&mut self) -> Result<(), Broken> {
        let was_empty = self.unread().is_empty();
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.reserve(64 * 1024);
        let read = timeout(DEADLINE, self.half.read_buf(&mut self.buffer)).await;
        match read.unwrap_or_else(|_| panic!("no byte and no close within {DEADLINE:?}")) {
            Ok(0) if was_empty => Err(Broken::Closed),
            Ok(0) => Err(Broken::Cut),
            Ok(_) => Ok(()),
            Err(_) => Err(Broken::Reset),
        }
    }
}
