//! `compress`: sessions that are not in use take less room, or the room they took before.

use std::process::ExitCode;

use super::arguments::CompressArguments;
use super::{Context, human, output};
use crate::api::compress;
use crate::api::types::Compressed;

/// When neither the command nor the configuration names days.
const DEFAULT_DAYS: u64 = 2;

pub(super) fn run(context: &Context, arguments: CompressArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let done = if arguments.undo {
        compress::decompress(&config.log_dir)?
    } else {
        // Who never wants it by itself, and asks for it, means what is usual.
        let usual = Some(config.compress_after_days).filter(|days| *days > 0).unwrap_or(DEFAULT_DAYS);
        compress::compress(&config.log_dir, arguments.older_than.unwrap_or(usual))?
    };
    for problem in &done.problems {
        output::note(problem);
    }
    if arguments.json {
        output::json(&done)?
    } else {
        output::answer(&text(&done, arguments.undo))?
    }
    Ok(if done.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(done: &Compressed, undo: bool) -> String {
    let (before, after) = (human::size(done.before_bytes), human::size(done.after_bytes));
    match (done.sessions, undo) {
        (0, false) => "Nothing to compress.\n".to_owned(),
        (0, true) => "Nothing is compressed.\n".to_owned(),
        (sessions, false) => format!("Compressed {}: {before} before, {after} now.\n", counted(sessions)),
        (sessions, true) => format!("Made {} plain: {before} before, {after} now.\n", counted(sessions)),
    }
}

fn counted(sessions: u64) -> String {
    if sessions == 1 { "one session".to_owned() } else { format!("{sessions} sessions") }
}
