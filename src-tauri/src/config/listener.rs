//! Who listens on a port of this machine, from Linux's `/proc`. Elsewhere nothing is known.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// State `LISTEN` in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// A program that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its process id.
    pub pid: u32,
    /// Its name as the kernel keeps it: at most 15 bytes, chosen by the program itself.
    pub name: String,
}

/// A listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Socket {
    uid: u32,
    inode: u64,
}

/// The program that connections to `127.0.0.1:port` reach. `None` when there is none, when it
/// belongs to a user whose processes we may not look into, or when the system has no `/proc`.
pub fn who_listens(port: u16) -> Option<Process> {
    let inode = socket_on(port)?.inode;
    let processes = fs::read_dir("/proc").ok()?;
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| holds(*pid, inode)).map(process).next()
}

/// The user whose program listens there, as far as the system tells.
pub fn listening_uid(port: u16) -> Option<u32> {
    socket_on(port).map(|socket| socket.uid)
}

fn socket_on(port: u16) -> Option<Socket> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let found = |table: &str, address: &str| find(table, address, port);
    let (v4, v6) = (read("/proc/net/tcp"), read("/proc/net/tcp6"));
    // As the kernel chooses: the exact address before the wildcard.
    found(&v4, &v4_address(Ipv4Addr::LOCALHOST))
        .or_else(|| found(&v6, &v6_address(Ipv4Addr::LOCALHOST.to_ipv6_mapped())))
        .or_else(|| found(&v4, &v4_address(Ipv4Addr::UNSPECIFIED)))
        .or_else(|| found(&v6, &v6_address(Ipv6Addr::UNSPECIFIED)))
}

/// Looks for a listening socket in a table: `sl local remote state queues timer retransmits uid
/// timeout inode …`, numbers of the first four columns in hexadecimal.
fn find(table: &str, address: &str, port: u16) -> Option<Socket> {
    let local = format!("{address}:{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        let listens = columns.get(1) == Some(&local.as_str()) && columns.get(3) == Some(&LISTEN);
        let uid = columns.get(7)?.parse().ok()?;
        let inode = columns.get(9)?.parse().ok()?;
        listens.then_some(Socket { uid, inode })
    })
}

/// An address as the kernel prints it: words of 32 bits in the machine's byte order.
fn v4_address(address: Ipv4Addr) -> String {
    format!("{:08X}", u32::from_ne_bytes(address.octets()))
}

fn v6_address(address: Ipv6Addr) -> String {
    let octets = address.octets();
    let word = |at: usize| u32::from_ne_bytes([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]]);
    format!("{:08X}{:08X}{:08X}{:08X}", word(0), word(4), word(8), word(12))
}

fn holds(pid: u32, inode: u64) -> bool {
    let socket = format!("socket:[{inode}]");
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target == Path::new(&socket))
}

fn process(pid: u32) -> Process {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Process { pid, name: name.trim_end().to_owned() }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn finds_this_very_process() {
        for address in ["127.0.0.1:0", "0.0.0.0:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let port = listener.local_addr().unwrap().port();
            assert_eq!(who_listens(port).map(|process| process.pid), Some(std::process::id()), "{address}");
            assert_eq!(listening_uid(port), Some(rustix::process::geteuid().as_raw()));
            drop(listener);
            // Another test's child may hold a copy of it between its fork and its exec.
            let begun = std::time::Instant::now();
            while listening_uid(port).is_some() {
                assert!(begun.elapsed().as_secs() < 10, "{address} is still listened on");
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn reads_the_columns_and_survives_their_absence() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:2F27 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0\n\
            1: 0100007F:2F28 0100007F:0001 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0\n\
            2: 0100007F:2F29\n";
        assert_eq!(find(table, "0100007F", 12071), Some(Socket { uid: 1000, inode: 4711 }));
        assert_eq!(find(table, "0100007F", 12072), None, "a connection is no listener");
        assert_eq!(find(table, "0100007F", 12073), None, "a line that is cut off");
        assert_eq!(find("", "0100007F", 12071), None);
    }

    #[test]
    fn the_exact_address_counts_before_the_wildcard() {
        assert_eq!(v4_address(Ipv4Addr::UNSPECIFIED), "00000000");
        assert_eq!(v6_address(Ipv6Addr::UNSPECIFIED), "0".repeat(32));
        if cfg!(target_endian = "little") {
            assert_eq!(v4_address(Ipv4Addr::LOCALHOST), "0100007F");
            let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
            assert_eq!(v6_address(mapped), "0000000000000000FFFF00000100007F");
        }
    }
}
