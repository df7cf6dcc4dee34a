//! What happens while the proxy runs, and what went wrong, in lines.

use std::io::{self, IsTerminal as _};

use tracing::Level;

/// Reports to stderr: the terminal, the service's journal or the desktop session's.
pub fn report_to_stderr() {
    let lines = tracing_subscriber::fmt().with_max_level(Level::INFO).with_target(false);
    let lines = lines.with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // Whoever reports already, as tests may, goes on to.
    let _ = lines.try_init();
}

/// An error with its causes. Some errors quote their cause: it is not said twice.
pub fn one_line(error: &anyhow::Error) -> String {
    error.chain().skip(1).map(ToString::to_string).fold(error.to_string(), |text, cause| {
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn causes_are_told_once() {
        let quoted = anyhow!("disk full").context("a.jsonl: disk full").context("cannot write");
        assert_eq!(one_line(&quoted), "cannot write: a.jsonl: disk full");
        assert_eq!(one_line(&anyhow!("why").context("what")), "what: why");
    }
}
