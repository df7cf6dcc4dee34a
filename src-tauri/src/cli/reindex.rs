//! `reindex`: the index, anew from the log files.

use std::process::ExitCode;

use super::arguments::ListArguments;
use super::{Context, output, wait};
use crate::api::action;
use crate::api::types::Indexed;

pub(super) fn run(context: &Context, arguments: ListArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let indexed = wait(action::reindex(&config.log_dir))??;
    if arguments.json {
        output::json(&indexed)?
    } else {
        output::answer(&text(&indexed))?
    }
    Ok(ExitCode::SUCCESS)
}

/// What the index has now.
pub(super) fn text(indexed: &Indexed) -> String {
    let mut text =
        format!("The index has {} sessions with {} exchanges.\n", indexed.sessions, indexed.exchanges);
    if indexed.unreadable > 0 {
        text.push_str(&format!("{} files could not be read.\n", indexed.unreadable));
    }
    if let Some(path) = &indexed.set_aside {
        text.push_str(&format!("A database that was not this index was moved to {}.\n", path.display()));
    }
    text
}
