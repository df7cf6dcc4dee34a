//! S7 to S11: where the proxy goes. Public hosts over https, loopback, and what the user lists.

use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::harness::{Options, Proxy};
use crate::support::raw::{Connection, Listener};

use super::{Gate, OK, assert_refused, of_type, write_file};

#[tokio::test]
async fn s7_w27_upstreams_that_are_not_public_are_refused() {
    let gate = Gate::start().await;
    for upstream in [
        "169.254.169.254",
        "169.254.169.254:80",
        "metadata.google.internal",
        "printer.local",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "10.0.0.1",
        "10.0.0.1:443",
        "172.16.0.1",
        "192.168.1.1:8443",
        "100.64.0.1",
        "0.0.0.0",
        "0.0.0.0:8080",
        "255.255.255.255",
        "224.0.0.1",
        "2130706433:80",
        "2852039166:80",
        "0x7f000001:80",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0:80",
        "10.1",
        "127.0.0.1.",
        "api.anthropic.com.",
        "localhost.:80",
        "user@api.anthropic.com",
        "user:password@api.anthropic.com",
        "api.anthropic.com@evil.test",
        "api.anthropic.com:22",
        "api.anthropic.com:0",
        "api.anthropic.com:99999",
        "api.anthropic.com:443:443",
        "api.anthropic.com:",
        "%61pi.anthropic.com",
        "api.anthropic%2ecom",
        "xn--.com-",
        "api..anthropic.com",
        ".anthropic.com",
        "api.anthropic.com%00.evil.test",
        "api.anthropic.com%2F@evil.test",
        "[::1",
        "[127.0.0.1]",
    ] {
        let response = gate.get(&format!("/anthropic/{upstream}/v1/models")).await;
        assert_refused(&response, &[400, 403], upstream);
    }
    gate.assert_untouched().await;
}

/// A Cyrillic а: raw it is no host, and its ASCII form is another host than the configured one.
#[tokio::test]
async fn s7_a_homograph_is_not_the_host_it_looks_like() {
    let gate = Gate::start().await;
    let mut client = Connection::open(gate.addr()).await;
    let host = gate.addr();
    client.send(format!("GET /anthropic/\u{430}pi.anthropic.com/v1 HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
    let (_, head) = client.response_head().await.expect("an answer");
    assert!(matches!(head.status(), Some(400 | 403)), "{head:?}");
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s7_one_host_has_one_spelling() {
    let gate = Gate::start().await;
    let host = gate.addr();
    for upstream in ["api.anthropic.com", "API.Anthropic.COM", "api.anthropic.com:443"] {
        gate.forwarded(&format!("GET /anthropic/{upstream}/v1/models HTTP/1.1\r\nhost: {host}\r\n\r\n"))
            .await;
    }
}

#[tokio::test]
async fn s7_a_private_upstream_that_the_user_lists_is_allowed() {
    let listener = Listener::bind().await;
    let config = format!("[upstreams]\n\"10.0.0.1:8443\" = \"http://{}\"\n", listener.addr);
    let proxy = Proxy::start(Options { config, ..Options::default() }).await;
    let mut client = Connection::open(proxy.addr()).await;
    let host = proxy.addr();
    client.send(format!("GET /openai/10.0.0.1:8443/v1/models HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
    let mut server = listener.accept().await;
    server.request().await.expect("a request");
    server.send(OK).await;
    assert_eq!(client.response(b"GET").await.expect("an answer").body.bytes, b"ok");
    client.send(format!("GET /openai/10.0.0.1:9443/v1/models HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
    let response = client.response(b"GET").await.expect("an answer");
    assert_refused(&response, &[403], "the same host with another port");
}

/// Names that do not look like loopback and are, as the hosts file of this machine has them. Most
/// machines name themselves there, or `ip6-localhost`; without any there is nothing to rebind.
#[tokio::test]
async fn s8_a_name_that_resolves_to_loopback_is_refused_when_dialled() {
    // Without the trap: a company's proxy would resolve the name itself.
    let proxy = Proxy::start(Options::default()).await;
    for (address, name) in loopback_names() {
        let listener = Listener::bind_to(SocketAddr::from((address, 0))).await;
        let mut client = Connection::open(proxy.addr()).await;
        let target = format!("/openai/{name}:{}/v1/models", listener.addr.port());
        client.send(format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", proxy.addr())).await;
        // Watched while the proxy answers: one that dials would wait for TLS.
        let (response, called) = tokio::join!(client.response(b"GET"), async {
            let called = listener.is_called_within(Duration::from_millis(300)).await;
            drop(listener);
            called
        });
        assert!(!called, "{name} was dialled");
        assert_refused(&response.expect("an answer"), &[403], &target);
    }
}

fn loopback_names() -> Vec<(IpAddr, String)> {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names = hosts.lines().flat_map(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
        words.filter_map(move |name| Some((address?, name.to_owned()))).collect::<Vec<_>>()
    });
    let is_free = |address: &IpAddr| std::net::TcpListener::bind((*address, 0)).is_ok();
    names.filter(|(address, name)| address.is_loopback() && name != "localhost" && is_free(address)).collect()
}

/// They are public names like any other: spoken to over TLS, through the company's proxy, by name.
#[tokio::test]
async fn s9_w29_names_that_begin_like_loopback_never_get_plain_http() {
    let gate = Gate::start().await;
    for upstream in ["localhost.evil.com", "127.0.0.1.evil.com", "localhost.evil.com:8080"] {
        let mut client = Connection::open(gate.addr()).await;
        let head = format!(
            "GET /openai/{upstream}/v1/models HTTP/1.1\r\nhost: {}\r\nx-api-key: k\r\n\r\n",
            gate.addr()
        );
        client.send(head).await;
        let mut trapped = gate.trap.accept().await;
        let tunnel = trapped.reader.head().await.expect("a CONNECT");
        let authority = if upstream.contains(':') { upstream.to_owned() } else { format!("{upstream}:443") };
        assert_eq!(tunnel.start, format!("CONNECT {authority} HTTP/1.1").as_bytes(), "{tunnel:?}");
        assert!(tunnel.values("x-api-key").is_empty(), "{tunnel:?}");
        trapped.send("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        let response = client.response(b"GET").await.expect("an answer");
        assert_refused(&response, &[502], upstream);
    }
    let response = gate.get("/openai/localhost@evil.com/v1/models").await;
    assert_refused(&response, &[400, 403], "localhost@evil.com");
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s10_w25_the_proxy_is_no_upstream_of_itself() {
    let gate = Gate::start().await;
    let port = gate.addr().port();
    for alias in
        ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "[0:0::1]", "[::ffff:127.0.0.1]", "127.0.0.2"]
    {
        let response = gate.get(&format!("/openai/{alias}:{port}/v1/models")).await;
        assert_refused(&response, &[508], alias);
    }
    let nested = format!("/openai/127.0.0.1:{port}").repeat(200) + "/openai/api.openai.com/v1/models";
    assert_refused(&gate.get(&nested).await, &[508], "nested 200 deep");
    gate.assert_untouched().await;
}

#[tokio::test]
async fn s10_a_mapping_to_the_proxy_itself_is_a_loop_too() {
    let trap = Listener::bind().await;
    let env = vec![("HTTPS_PROXY".to_owned(), format!("http://{}", trap.addr))];
    let config = "# to be replaced\n".to_owned();
    let mut proxy = Proxy::start(Options { env, config, ..Options::default() }).await;
    proxy.stop().await;
    let port = Listener::bind().await.addr.port();
    let config = format!("[upstreams]\n\"api.openai.com\" = \"http://localhost:{port}\"\n");
    write_file(&proxy.home().join(".config/llm-proxy/config.toml"), &config);
    let mut command = proxy.command();
    let mut child = command.args(["serve", "--port", &port.to_string()]).stdout(Stdio::piped()).spawn();
    let child = child.as_mut().expect("the built binary starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).await.expect("the line that says where it listens");
    assert_eq!(line, format!("listening on http://127.0.0.1:{port}\n"));
    let mut client = Connection::open(SocketAddr::from(([127, 0, 0, 1], port))).await;
    client.send(format!("GET /openai/api.openai.com/v1 HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n")).await;
    assert_refused(&client.response(b"GET").await.expect("an answer"), &[508], "a mapping to itself");
    child.kill().await.expect("it runs");
}

#[tokio::test]
async fn s11_w30_a_provider_is_one_of_a_fixed_table() {
    let gate = Gate::start().await;
    let long = "a".repeat(300);
    for provider in [
        "..",
        "%2e%2e",
        "..%5c",
        "%00",
        long.as_str(),
        "CON",
        "a:b",
        "",
        "Anthropic%20",
        "anthropic.",
        "anthropic%2F",
        "%61nthropic",
    ] {
        let response = gate.get(&format!("/{provider}/api.anthropic.com/v1/models")).await;
        assert_refused(&response, &[400, 404], provider);
    }
    for target in
        ["/", "//", "/unknown", "/unknown/api.anthropic.com/v1", "/../anthropic/api.anthropic.com/v1"]
    {
        assert_refused(&gate.get(target).await, &[400, 404], target);
    }
    gate.assert_untouched().await;
    gate.assert_nothing_logged().await;
}

#[tokio::test]
async fn s11_w30_no_name_out_of_a_url_becomes_a_folder() {
    let gate = Gate::start().await;
    for target in [
        "/anthropic/../../x/v1",
        "/anthropic/..:80/v1",
        "/anthropic/..%2f..%2fx:80/v1",
        "/anthropic/a%5cb:80/v1",
    ] {
        let mut client = Connection::open(gate.addr()).await;
        client
            .send(format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", gate.addr()))
            .await;
        let (_, head) = client.response_head().await.expect("an answer");
        assert!(matches!(head.status(), Some(400 | 403 | 404)), "{target}: {head:?}");
    }
    let host = gate.addr();
    gate.forwarded(&format!("GET /anthropic/api.anthropic.com/../../v1 HTTP/1.1\r\nhost: {host}\r\n\r\n"))
        .await;
    gate.proxy.await_log("response", |lines| of_type(lines, "response").next().is_some()).await;
    let hosts: Vec<_> = std::fs::read_dir(gate.proxy.log_dir()).expect("a log folder").flatten().collect();
    let folders = hosts.iter().filter(|entry| entry.path().is_dir()).map(std::fs::DirEntry::file_name);
    let strange: Vec<_> = folders.filter(|name| name != "api.anthropic.com" && name != ".journal").collect();
    assert!(strange.is_empty(), "{strange:?}");
}
