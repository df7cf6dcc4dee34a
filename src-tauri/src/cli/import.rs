//! `import`: takes over the Go llm-proxy's log folder.

use std::process::ExitCode;

use super::arguments::ImportArguments;
use super::{Context, output, reindex, wait};
use crate::api::action;
use crate::api::types::Imported;
use crate::config::redaction_key;
use crate::record::redact::Redactor;

pub(super) fn run(context: &Context, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let key = redaction_key::load_or_make(&context.paths.state_dir)?;
    let redactor = Redactor::new(key, config.redact_bodies);
    let imported = wait(action::import(&arguments.folder, &config.log_dir, redactor))??;
    if let Some(problem) = &imported.database_problem {
        output::note(&format!(
            "its sessions.db was not read ({problem}): clients' names for sessions are missing"
        ));
    }
    if arguments.json {
        output::json(&imported)?
    } else {
        output::answer(&text(&imported))?
    }
    Ok(ExitCode::SUCCESS)
}

fn text(imported: &Imported) -> String {
    let mut text = format!(
        "Read {} files: took over {} requests and {} responses into {} sessions.\n",
        imported.files, imported.requests, imported.responses, imported.sessions
    );
    for (count, what) in [
        (imported.already_there, "lines were there already"),
        (imported.bad_lines, "lines are damaged and were left out"),
        (imported.unreadable, "files or folders could not be read"),
    ] {
        if count > 0 {
            text.push_str(&format!("{count} {what}.\n"));
        }
    }
    text.push_str(&reindex::text(&imported.index));
    text
}
