//! Is a proxy of ours running? The portfile says where it should be; only an answer from a program
//! of this user counts, because whoever is believed here gets the clients' traffic and keys.

use std::path::Path;
use std::time::Duration;

use crate::config::{listener, portfile};

/// How long the proxy may take to answer: shells wait for it as they start.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The proxy's whole answer.
const ANSWER: &[u8] = b"ok";

/// Why no proxy is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRunning {
    /// Nothing says where one would be.
    #[error("no proxy is running: start it with `llm-proxy serve`")]
    NoPortfile,
    /// It was there, and is not any more.
    #[error("no proxy is running (nothing answers on port {0}): start it with `llm-proxy serve`")]
    NoAnswer(u16),
    /// Someone else answers.
    #[error("port {0} is used by a program that is not your llm-proxy: start it with `llm-proxy serve`")]
    Foreign(u16),
}

/// The port of the proxy that runs.
pub async fn running_port(path: &Path) -> Result<u16, NotRunning> {
    let port = portfile::read(path).ok_or(NotRunning::NoPortfile)?;
    if !may_be_ours(port) {
        return Err(NotRunning::Foreign(port));
    }
    match ask(port).await {
        Ok(true) => Ok(port),
        Ok(false) => Err(NotRunning::Foreign(port)),
        Err(_) => Err(NotRunning::NoAnswer(port)),
    }
}

async fn ask(port: u16) -> Result<bool, reqwest::Error> {
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT);
    let mut response = client.build()?.get(format!("http://127.0.0.1:{port}/health")).send().await?;
    if response.status() != reqwest::StatusCode::OK {
        return Ok(false);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER.len() {
            return Ok(false);
        }
    }
    Ok(body == ANSWER)
}

/// False when the port is another user's for certain.
#[cfg(unix)]
fn may_be_ours(port: u16) -> bool {
    listener::listening_uid(port).is_none_or(|uid| uid == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn may_be_ours(port: u16) -> bool {
    let _ = listener::listening_uid(port);
    true
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What is found when a program on the portfile's port answers so to one request.
    async fn found_with(answer: &'static str) -> (u16, Result<u16, NotRunning>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("port");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        portfile::write(&path, port).unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            assert!(request[..length].starts_with(b"GET /health HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream
        };
        // The stream stays open until the answer was judged.
        let (_stream, found) = tokio::join!(serve, running_port(&path));
        (port, found)
    }

    #[tokio::test]
    async fn only_the_exact_answer_counts() {
        let (port, found) = found_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        assert_eq!(found, Ok(port));
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 2\r\n\r\nok",
        ] {
            let (port, found) = found_with(answer).await;
            assert_eq!(found, Err(NotRunning::Foreign(port)), "{answer:?}");
        }
        let (port, found) = found_with("").await;
        assert_eq!(found, Err(NotRunning::NoAnswer(port)), "a mute program is waited for, but not long");
    }

    #[tokio::test]
    async fn nobody_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("port");
        assert_eq!(running_port(&path).await, Err(NotRunning::NoPortfile));
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        portfile::write(&path, port).unwrap();
        assert_eq!(running_port(&path).await, Err(NotRunning::NoAnswer(port)));
    }
}
