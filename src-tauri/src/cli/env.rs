//! `env`: the lines that point a shell's clients at the proxy. Shells evaluate what it prints, so
//! it prints all of it or nothing, and nothing unless a proxy of this user answers.

use std::process::ExitCode;

use super::arguments::EnvArguments;
use super::{Context, output, wait};
use crate::api::probe;
use crate::setup::exports::{Clients, Shell, exports, unset};

pub(super) fn run(context: &Context, arguments: &EnvArguments) -> anyhow::Result<ExitCode> {
    let shell = arguments.shell.unwrap_or_else(|| Shell::detect(&context.environment));
    let clients = if arguments.gemini { Clients::WithGemini } else { Clients::Usual };
    let lines = if arguments.unset {
        unset(shell, clients)
    } else {
        exports(wait(probe::running_port(&context.paths.portfile))??, shell, clients)
    };
    output::answer(&lines)?;
    Ok(ExitCode::SUCCESS)
}
