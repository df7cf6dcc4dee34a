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
pub(super) fn run(context: Context, flags: TrayFlags) -> anyhow::Result<Outcome> {
    if !context.environment.has_display() {
        super::output::note(
            "there is no display (DISPLAY and WAYLAND_DISPLAY are not set): serving without a tray",
        );
        return Ok(Outcome::Done(serve::run(&context)?));
    }
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
