//! `sessions`: the latest sessions.

use std::process::ExitCode;

use super::arguments::SessionsArguments;
use super::visible::visible_line;
use super::{Context, human, output, wait};
use crate::api::query::Archive;
use crate::api::types::SessionSummary;

/// Characters of a title: with the other columns it makes a line of some 150.
const TITLE_CHARS: usize = 60;

/// Characters of other columns: names come from outside.
const NAME_CHARS: usize = 30;

pub(super) fn run(context: &Context, arguments: &SessionsArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let found = wait(async { Archive::open(&config.log_dir).sessions(arguments.limit).await })??;
    if let Some(reason) = &found.without_index {
        output::note(&format!(
            "the index cannot be used ({reason}): listing from the files; `llm-proxy reindex` makes it anew"
        ));
    }
    if arguments.json {
        output::json(&found.sessions)?;
    } else {
        output::answer(&text(&found.sessions))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(sessions: &[SessionSummary]) -> String {
    let heads = ["SESSION", "CLIENT", "MODEL", "REQUESTS", "TOKENS IN", "OUT", "COST", "LAST (UTC)", "TITLE"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(sessions.iter().map(row));
    human::table(&rows, &[3, 4, 5, 6])
}

fn row(session: &SessionSummary) -> Vec<String> {
    let name = |text: &Option<String>| human::cut(&visible_line(text.as_deref().unwrap_or("-")), NAME_CHARS);
    vec![
        session.id.to_string(),
        name(&session.client),
        name(&session.model),
        session.requests.to_string(),
        human::count(session.tokens.all_input()),
        human::count(session.tokens.output),
        session.cost_usd.map(human::money).unwrap_or_default(),
        human::time(session.last_activity),
        human::cut(&visible_line(session.title.as_deref().unwrap_or_default()), TITLE_CHARS),
    ]
}
