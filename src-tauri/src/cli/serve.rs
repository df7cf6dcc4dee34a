//! `serve`: the proxy in the foreground.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use super::Context;
use crate::app;
use crate::setup::exports::{Clients, Shell, exports};

pub(super) fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let shell = Shell::detect(&context.environment);
    app::serve(context.config()?, context.paths.clone(), move |port| show(&welcome(port, shell)))?;
    Ok(ExitCode::SUCCESS)
}

/// What the person who started the proxy needs next: the lines to paste into another shell.
pub fn welcome(port: u16, shell: Shell) -> String {
    format!("Paste this into a shell to use it there:\n\n{}\n", exports(port, shell, Clients::Usual))
}

/// The lines for a person. Programs read stdout for the one line that says the port.
fn show(text: &str) {
    // Whoever closed the terminal does not need it.
    let _ = if io::stdout().is_terminal() {
        io::stdout().write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    };
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
