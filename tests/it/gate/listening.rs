//! S16: loopback is all that is listened on, whatever anyone configures.

use std::net::SocketAddr;

use super::{Gate, write_file};

#[tokio::test]
async fn s16_w33_only_loopback_is_listened_on() {
    let gate = Gate::start().await;
    let listening = listening_sockets(gate.proxy.pid());
    assert!(listening.contains(&gate.addr()), "{listening:?}");
    let elsewhere: Vec<_> = listening.iter().filter(|addr| !addr.ip().is_loopback()).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[tokio::test]
async fn s16_nothing_makes_it_listen_elsewhere() {
    let gate = Gate::start().await;
    for host in ["0.0.0.0", "::", "0x0", "::ffff:0.0.0.0"] {
        for argument in ["--host", "--listen", "--bind"] {
            let output = gate.proxy.command().args(["serve", "--port", "0", argument, host]).output().await;
            assert_eq!(output.expect("the binary runs").status.code(), Some(2), "{argument} {host}");
        }
        let file = gate.proxy.home().join("elsewhere.toml");
        for key in ["host", "listen", "bind"] {
            let text = format!("{key} = \"{host}\"\n");
            write_file(&file, &text);
            let mut command = gate.proxy.command();
            let output = command.args(["serve", "--port", "0", "--config"]).arg(&file).output().await;
            assert!(!output.expect("the binary runs").status.success(), "{text}");
        }
    }
}

/// The TCP sockets on which a process listens, by Linux's own account.
fn listening_sockets(pid: u32) -> Vec<SocketAddr> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs").flatten();
    let links = descriptors.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let sockets: Vec<String> = links.filter_map(|link| inode(&link.to_string_lossy())).collect();
    let tables = ["tcp", "tcp6"].map(|name| std::fs::read_to_string(format!("/proc/{pid}/net/{name}")));
    let lines: Vec<String> = tables
        .into_iter()
        .flatten()
        .flat_map(|table| table.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let listening = lines.iter().filter_map(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        // 0A is LISTEN.
        let ours = columns.get(3) == Some(&"0A")
            && sockets.iter().any(|inode| columns.get(9) == Some(&inode.as_str()));
        ours.then(|| socket_address(columns[1])).flatten()
    });
    listening.collect()
}

fn inode(link: &str) -> Option<String> {
    Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
}

/// `0100007F:2F27` is 127.0.0.1:12071: words of four bytes, each in the machine's order.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words =
        (0..address.len()).step_by(8).map(|at| u32::from_str_radix(address.get(at..at + 8)?, 16).ok());
    let bytes: Vec<u8> =
        words.collect::<Option<Vec<u32>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let port = u16::from_str_radix(port, 16).ok()?;
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(v4) => Some(SocketAddr::from((v4, port))),
        Err(_) => Some(SocketAddr::from((<[u8; 16]>::try_from(bytes.as_slice()).ok()?, port))),
    }
}
