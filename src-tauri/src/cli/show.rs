//! `show`: a session as a conversation, or its turns as JSON.

use std::process::ExitCode;

use super::arguments::ShowArguments;
use super::{Context, output, transcript, wait};
use crate::api::query::Archive;

pub(super) fn run(context: &Context, arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let view = wait(async { Archive::open(&config.log_dir).session(&arguments.session).await })??;
    if view.bad_lines > 0 {
        output::note(&format!("{} lines of {} are damaged and left out", view.bad_lines, view.summary.file));
    }
    if arguments.json {
        output::json(&view.turns)?;
    } else {
        output::answer(&transcript::text(&view))?;
    }
    Ok(ExitCode::SUCCESS)
}
