//! `run`: a command whose clients use the proxy, as if it had been started without us.

use std::io::ErrorKind;
use std::process::{ExitCode, ExitStatus};

use tokio::process::{Child, Command};

use super::arguments::RunArguments;
use super::{Context, output, wait};
use crate::api::probe;
use crate::setup::exports::{Clients, pairs};

/// As `env` and the shells have it: the command is there and cannot be run.
const CANNOT_RUN: u8 = 126;

/// The command is not there.
const NOT_FOUND: u8 = 127;

pub(super) fn run(context: &Context, arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let port = wait(probe::running_port(&context.paths.portfile))??;
    let [program, rest @ ..] = arguments.command.as_slice() else { anyhow::bail!("no command to run") };
    let mut command = Command::new(program);
    command.args(rest).envs(pairs(port, Clients::Usual));
    wait(async move {
        let guard = system::Signals::listen()?;
        match command.spawn() {
            Ok(child) => Ok(exit_code(guard.watch(child).await?)),
            Err(error) => {
                output::note(&format!("cannot run {}: {error}", program.display()));
                let missing = error.kind() == ErrorKind::NotFound;
                Ok(ExitCode::from(if missing { NOT_FOUND } else { CANNOT_RUN }))
            }
        }
    })?
}

/// The command's exit code; 128 and the signal's number when one ended it, as shells say it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| system::signal(status).map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use rustix::process::{Pid, kill_process};
    use tokio::signal::unix::{Signal, SignalKind, signal as signals};

    use super::Child;

    /// The signals that end a program. The terminal sends the first two to the command as well, and
    /// the command decides what they mean; the others come to us alone and are passed on.
    pub(super) struct Signals {
        interrupt: Signal,
        quit: Signal,
        terminate: Signal,
        hangup: Signal,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupt: signals(SignalKind::interrupt())?,
                quit: signals(SignalKind::quit())?,
                terminate: signals(SignalKind::terminate())?,
                hangup: signals(SignalKind::hangup())?,
            })
        }

        pub(super) async fn watch(mut self, mut child: Child) -> io::Result<ExitStatus> {
            let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            let pass_on = |signal| {
                // It may have ended this very moment; then there is nobody to tell.
                let _ = pid.map(|pid| kill_process(pid, signal));
            };
            loop {
                tokio::select! {
                    status = child.wait() => return status,
                    _ = self.interrupt.recv() => {}
                    _ = self.quit.recv() => {}
                    _ = self.terminate.recv() => pass_on(rustix::process::Signal::TERM),
                    _ = self.hangup.recv() => pass_on(rustix::process::Signal::HUP),
                }
            }
        }
    }

    pub(super) fn signal(status: ExitStatus) -> Option<i32> {
        status.signal()
    }
}

/// Written for systems without signals, and not tested there.
#[cfg(not(unix))]
mod system {
    use std::io;
    use std::process::ExitStatus;

    use super::Child;

    pub(super) struct Signals;

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn watch(self, mut child: Child) -> io::Result<ExitStatus> {
            child.wait().await
        }
    }

    pub(super) fn signal(_: ExitStatus) -> Option<i32> {
        None
    }
}
