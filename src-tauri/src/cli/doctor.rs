//! `doctor`: everything that has to be in order. Fails when something is broken.

use std::process::ExitCode;

use super::arguments::ListArguments;
use super::visible::visible_line;
use super::{Context, human, output, wait};
use crate::api::doctor::diagnose;
use crate::api::types::{CheckState, ClientSeen, Diagnosis};

pub(super) fn run(context: &Context, arguments: ListArguments) -> anyhow::Result<ExitCode> {
    let diagnosis = wait(diagnose(&context.paths, context.config()))?;
    if arguments.json {
        output::json(&diagnosis)?
    } else {
        output::answer(&text(&diagnosis))?
    }
    Ok(if diagnosis.is_healthy() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(diagnosis: &Diagnosis) -> String {
    let mut rows = Vec::new();
    for check in &diagnosis.checks {
        rows.push(vec![word(check.state).to_owned(), check.name.to_owned(), visible_line(&check.message)]);
        if let Some(hint) = &check.hint {
            rows.push(vec![String::new(), String::new(), format!("→ {}", visible_line(hint))]);
        }
    }
    let mut text = human::table(&rows, &[]);
    text.push_str("\nClients seen:\n");
    if diagnosis.clients.is_empty() {
        text.push_str("  none yet\n");
    }
    let clients: Vec<Vec<String>> = diagnosis.clients.iter().map(client).collect();
    text.push_str(&human::table(&clients, &[]));
    text
}

fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Ok => "ok",
        CheckState::Warn => "warn",
        CheckState::Fail => "FAIL",
    }
}

fn client(client: &ClientSeen) -> Vec<String> {
    let name = if client.name.is_empty() { "(no name)" } else { &client.name };
    let name = format!("{name} {}", client.version.as_deref().unwrap_or_default());
    let last = format!("last {}", human::time(client.last));
    vec![format!("  {}", visible_line(&name)), last, format!("{} requests", client.requests)]
}
