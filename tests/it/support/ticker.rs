//! An upstream that only streams: events that can be told apart, at a steady pace, for as long as it is
//! asked to. And a client that keeps every byte it got.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A running ticker. Each request's path says `/{name}/{events}/{pause_ms}`; it ends when dropped.
pub(crate) struct Ticker {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Ticker {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let addr = listener.local_addr().expect("a bound listener has an address");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(async { answer(stream).await.unwrap_or_default() });
            }
        });
        Self { addr, _tasks: tasks }
    }

    /// The URL of a stream through the proxy at `proxy`.
    pub(crate) fn url(&self, proxy: SocketAddr, name: &str, events: u32, pause: Duration) -> String {
        format!("http://{proxy}/anthropic/{}/{name}/{events}/{}", self.addr, pause.as_millis())
    }
}

/// The text of a stream's first `events` events.
pub(crate) fn expected(name: &str, events: u32) -> String {
    (0..events).map(|number| event(name, number)).collect()
}

fn event(name: &str, number: u32) -> String {
    format!(
        "event: tick\ndata: {{\"stream\":\"{name}\",\"number\":{number},\"text\":\"zwölf Boxkämpfer {number}\"}}\n\n"
    )
}

async fn answer(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut path = head.split(' ').nth(1)?.trim_start_matches('/').split('/');
    let name = path.next()?;
    let events: u32 = path.next()?.parse().ok()?;
    let pause = Duration::from_millis(path.next()?.parse().ok()?);
    // It ends the connection, and has to say so: who comes next would be given it, and lose its request.
    let fields = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\
                  connection: close\r\n\r\n";
    stream.write_all(fields.as_bytes()).await.ok()?;
    let mut waiting = String::new();
    for number in 0..events {
        let event = event(name, number);
        waiting.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
        if !pause.is_zero() {
            stream.write_all(std::mem::take(&mut waiting).as_bytes()).await.ok()?;
            tokio::time::sleep(pause).await;
        }
    }
    waiting.push_str("0\r\n\r\n");
    stream.write_all(waiting.as_bytes()).await.ok()
}

/// What a client got of a stream.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    /// Whether it came to its proper end.
    pub(crate) whole: bool,
}

/// Reads a stream until it ends or breaks.
pub(crate) async fn read(client: reqwest::Client, name: String, url: String) -> Received {
    let mut received = Received { name, body: Vec::new(), whole: false };
    let Ok(mut response) = client.get(url).send().await else { return received };
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => received.body.extend_from_slice(&bytes),
            Ok(None) => {
                received.whole = true;
                return received;
            }
            Err(_) => return received,
        }
    }
}
