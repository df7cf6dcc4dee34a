//! `completions`: a script that completes this command line in a shell.

use std::process::ExitCode;

use clap::CommandFactory as _;

use super::arguments::Arguments;
use super::output;

pub(super) fn run(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "llm-proxy", &mut script);
    output::answer(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}
