//! `status`: whether the proxy runs, and what it saw today.

use std::process::ExitCode;

use super::arguments::ListArguments;
use super::visible::visible_line;
use super::{Context, human, output, wait};
use crate::api::query::Archive;
use crate::api::types::{LastExchange, Status};

pub(super) fn run(context: &Context, arguments: ListArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let status = wait(async {
        crate::api::status::status(&Archive::open(&config.log_dir), &context.paths.portfile).await
    })?;
    if let Some(reason) = &status.without_index {
        output::note(&format!("the index cannot be used ({reason}): numbers are missing"));
    }
    if arguments.json {
        output::json(&status)?
    } else {
        output::answer(&text(&status))?
    }
    Ok(ExitCode::SUCCESS)
}

fn text(status: &Status) -> String {
    let proxy = match (status.port, &status.not_running) {
        (Some(port), _) => format!("running on http://127.0.0.1:{port}"),
        (None, Some(reason)) => reason.clone(),
        (None, None) => "no proxy is running".to_owned(),
    };
    let today = status.today;
    let tokens =
        format!("{} in, {} out", human::count(today.tokens.all_input()), human::count(today.tokens.output));
    let cost = today.cost_usd.map(|usd| format!(", cost: {}", human::money(usd))).unwrap_or_default();
    let mut rows = vec![
        ("proxy", proxy),
        ("logs", status.log_dir.display().to_string()),
        (
            "today (UTC)",
            format!("{} requests in {} sessions, tokens: {tokens}{cost}", today.requests, today.sessions),
        ),
        ("last exchange", status.last.as_ref().map_or_else(|| "none".to_owned(), last)),
    ];
    if today.gaps > 0 {
        rows.push(("not captured", format!("{} bodies have gaps: see `gap` in their turns", today.gaps)));
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), visible_line(&value)]).collect();
    human::table(&rows, &[])
}

fn last(last: &LastExchange) -> String {
    let words = [Some(human::time(last.at)), last.client.clone(), last.model.clone()];
    let words: Vec<String> = words.into_iter().flatten().collect();
    format!("{} ({} #{})", words.join(" "), last.session, last.seq)
}
