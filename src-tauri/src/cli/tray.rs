//! No command: the tray application, where this program has one and there is a desktop.

use super::arguments::TrayFlags;
use super::{Context, Outcome, serve};
#[cfg(feature = "desktop")]
use crate::config::{Environment, Flags, Paths};

/// What the tray application needs to know about this run.
#[cfg(feature = "desktop")]
pub struct TrayRequest {
    /// What the command line says about the configuration.
    pub flags: Flags,
    /// The environment.
    pub environment: Environment,
    /// Where the user's files lie.
    pub paths: Paths,
    /// No window, whatever else.
    pub hidden: bool,
    /// A window at once.
    pub window: bool,
}

#[cfg(feature = "desktop")]
impl TrayRequest {
    /// Serves in the foreground: what is done where there is no desktop.
    pub fn serve_instead(self) -> std::process::ExitCode {
        super::output::note("there is no display to show a tray on: serving without one");
        let Self { flags, environment, paths, .. } = self;
        let context = Context { environment, flags, paths };
        serve::run(&context).unwrap_or_else(|error| super::output::failure(&error))
    }
}

#[cfg(feature = "desktop")]
#[expect(clippy::unnecessary_wraps, reason = "can fail in a program without a tray")]
pub(super) fn run(context: Context, flags: TrayFlags) -> anyhow::Result<Outcome> {
    let Context { environment, flags: settings, paths } = context;
    let TrayFlags { hidden, window } = flags;
    let request = TrayRequest { flags: settings, environment, paths, hidden, window };
    Ok(Outcome::Tray(Box::new(request)))
}

#[cfg(not(feature = "desktop"))]
pub(super) fn run(context: Context, flags: TrayFlags) -> anyhow::Result<Outcome> {
    anyhow::ensure!(!flags.window, "this build has no window: `llm-proxy serve` runs the proxy without one");
    Ok(Outcome::Done(serve::run(&context)?))
}
