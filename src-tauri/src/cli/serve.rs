//! `serve`: the proxy in the foreground.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use super::Context;
use crate::app;
use crate::config::machine_name;
use crate::setup::exports::{Clients, Shell, exports};

pub(super) fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let shell = Shell::detect(&context.environment);
    let machine = machine_name(&context.environment);
    let config = context.config()?;
    app::report_to_stderr();
    app::serve(config, &context.paths, machine, move |port| listening(port, shell))?;
    Ok(ExitCode::SUCCESS)
}

/// Programs that started the proxy wait for the one line on stdout; what follows is for people.
fn listening(port: u16, shell: Shell) {
    let line = format!("listening on http://127.0.0.1:{port}\n");
    // Whoever closed stdout does not need to be told.
    let _ = io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush());
    let text = welcome(port, shell);
    let _ = if io::stdout().is_terminal() {
        io::stdout().write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    };
}

/// What the person who started the proxy needs next: the lines to paste into another shell.
pub fn welcome(port: u16, shell: Shell) -> String {
    format!("Paste this into a shell to use it there:\n\n{}\n", exports(port, shell, Clients::Usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exports_can_be_pasted() {
        let text = welcome(12071, Shell::Posix);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "export ANTHROPIC_BASE_URL=http://127.0.0.1:12071/anthropic/api.anthropic.com");
        assert_eq!(lines[3], "export OPENAI_BASE_URL=http://127.0.0.1:12071/openai/api.openai.com/v1");
    }
}
