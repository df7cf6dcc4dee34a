//! Where words go: answers to stdout, everything else to stderr as one line each.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::visible::{visible_json, visible_line};
use crate::app::one_line;

/// Exit code of a command line that was not understood.
const USAGE: u8 = 2;

/// Writes an answer. A reader that has enough (`| head`) is no error.
pub(super) fn answer(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes an answer as JSON.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    answer(&format!("{}\n", visible_json(&text)))
}

/// Says something beside the answer.
pub(super) fn note(text: &str) {
    // There is no place left to complain to when this fails.
    let _ = writeln!(io::stderr(), "llm-proxy: {}", visible_line(text));
}

/// Says why a command failed.
pub(super) fn failure(error: &anyhow::Error) -> ExitCode {
    note(&one_line(error));
    ExitCode::FAILURE
}

/// Says what is wrong with a command line, or prints the help or version that it asks for.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match answer(&error.render().to_string()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failure(&error),
        };
    }
    let text = error.render().to_string();
    let said = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let words: Vec<&str> = said.filter(|line| !line.is_empty()).collect();
    let joined = words.join(" ");
    note(&format!("{}; see `llm-proxy --help`", joined.trim_start_matches("error: ")));
    ExitCode::from(USAGE)
}
