//! `explore`: the explorer in a browser. What is asked for is read here; who answers it is another front end.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Context, output};
use crate::api::explorer::{Elsewhere, Front};
use crate::api::query::Archive;
use crate::config::{Environment, Flags, Paths};

/// An explorer that is to be started.
pub struct Explore {
    log_dir: PathBuf,
    paths: Paths,
    flags: Flags,
    environment: Environment,
    /// Its port; none: the usual one.
    pub port: Option<u16>,
    open: bool,
}

impl Explore {
    pub(super) fn new(mut context: Context, port: Option<u16>, open: bool) -> anyhow::Result<Self> {
        // Not the proxy's, here.
        context.flags.port = None;
        let log_dir = context.config()?.log_dir;
        let Context { environment, flags, paths } = context;
        Ok(Self { log_dir, paths, flags, environment, port, open })
    }

    /// What answers the page. Call it inside a runtime.
    pub fn front(&self) -> Front {
        let archive = Archive::open(&self.log_dir);
        Front {
            host: Arc::new(Elsewhere::new(&archive, &Handle::current())),
            archive,
            paths: self.paths.clone(),
            flags: self.flags.clone(),
            environment: self.environment.clone(),
        }
    }

    /// Tells the user where it is, and opens a browser where there can be one. Programs read the link from
    /// the first line on stdout.
    pub fn announce(&self, link: &str, link_for_one_use: impl FnOnce() -> String) -> anyhow::Result<()> {
        output::answer(&format!("{link}\n"))?;
        if self.open && self.environment.has_display() {
            if let Err(error) = open::that_detached(link_for_one_use()) {
                output::note(&format!("no browser could be opened ({error}): open the link in one"));
            }
        } else if std::io::stdout().is_terminal() {
            output::note("open this link in a browser; from another machine, through a tunnel (ssh -L)");
        }
        Ok(())
    }
}
