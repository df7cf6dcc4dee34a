//! What the user decides, and where things lie: settings in layers, every environment variable,
//! paths, the portfile, and the one place that creates private files.

mod edit;
pub mod env_vars;
mod file;
mod host;
mod keys;
pub mod listener;
mod load;
mod machine;
mod nearest;
mod paths;
pub mod pidfile;
pub mod portfile;
pub mod private_file;
pub mod redaction_key;
mod upstream;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use edit::{EditError, edit};
pub use env_vars::Environment;
pub use host::{HostPort, InvalidHost, is_loopback};
pub use keys::{Form, KEYS, Key};
pub use load::{ConfigError, Flags, file_in_use, load, overridden_by};
pub use machine::machine_name;
pub use paths::{NoHome, Paths};
pub use upstream::{InvalidUpstream, Scheme, Upstream};

/// The port when nobody names one. It is fixed because shells keep it in their exports.
pub const DEFAULT_PORT: u16 = 12071;

const MIB: u64 = 1024 * 1024;

/// All settings, after flags, environment, file and defaults were laid over each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// TCP port on loopback; 0 lets the system pick a free one.
    pub port: u16,
    /// True when nobody named the port: if it is taken, a free one may stand in for it.
    pub port_is_default: bool,
    /// The folder of the logs and their index; always absolute.
    pub log_dir: PathBuf,
    /// Hosts whose requests go to another base, by the host's canonical spelling (`host[:port]`, as
    /// [`HostPort`] displays).
    pub upstreams: BTreeMap<String, Upstream>,
    /// Web origins (`scheme://host[:port]`, lower case) whose pages may use the proxy; any other
    /// page is refused.
    pub allow_origins: Vec<String>,
    /// The AWS region of Bedrock's own URL form; none leaves it to the request.
    pub bedrock_region: Option<String>,
    /// The most bytes of one body that are kept for the log. Longer bodies are forwarded whole all
    /// the same, and the log says what it lacks.
    pub max_body_bytes: u64,
    /// The most bytes that the crash journal takes on the disk.
    pub journal_max_bytes: u64,
    /// How long connecting to an upstream (name, TCP, TLS) may take.
    pub connect_timeout: Duration,
    /// How long running exchanges may go on after the proxy was asked to stop.
    pub drain_timeout: Duration,
    /// How many days nobody has written to a session's file before it is compressed; 0: it never is.
    pub compress_after_days: u64,
    /// Whether known forms of keys are struck out of logged bodies. Headers and queries always are.
    pub redact_bodies: bool,
}

impl Config {
    /// The settings of a user who decided nothing.
    pub fn defaults(paths: &Paths) -> Self {
        Self {
            port: DEFAULT_PORT,
            port_is_default: true,
            log_dir: paths.default_log_dir.clone(),
            upstreams: BTreeMap::new(),
            allow_origins: Vec::new(),
            bedrock_region: None,
            max_body_bytes: 32 * MIB,
            journal_max_bytes: 1024 * MIB,
            connect_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(30),
            compress_after_days: 2,
            redact_bodies: true,
        }
    }

    fn name_port(&mut self, port: u16) {
        self.port = port;
        self.port_is_default = false;
    }
}
