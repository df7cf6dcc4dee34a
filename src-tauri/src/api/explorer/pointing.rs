//! What points clients at the proxy: exports, each client's line, and the shells' startup files.

use std::collections::HashMap;

use super::call::{CallError, Front, on_disk};
use super::host_state::port;
use super::types::{ClientCard, Exports, ExportsArgs, ShellOutcome};
use crate::index::query::{ClientSeen, clients_seen};
use crate::model::Timestamp;
use crate::setup::clients::{KNOWN, KnownClient};
use crate::setup::exports::{Clients, Shell, codex_line, codex_unset, exports as export_lines, unset};
use crate::setup::shell::{Change, Mode, Outcome, set_up, undo};

/// Codex reads no variable, and is no shell.
const CODEX: &str = "codex";

/// Lines to paste.
pub(super) async fn exports(front: &Front, asked: &ExportsArgs) -> Result<Exports, CallError> {
    let port = port(front).await;
    if asked.shell.as_deref() == Some(CODEX) {
        let text = if asked.unset { codex_unset() } else { codex_line(port) };
        return Ok(Exports { shell: CODEX.to_owned(), text });
    }
    let shell = match &asked.shell {
        Some(name) => name.parse().map_err(|error| CallError::BadCall(format!("{error}")))?,
        None => Shell::detect(&front.environment),
    };
    let text =
        if asked.unset { unset(shell, Clients::Usual) } else { export_lines(port, shell, Clients::Usual) };
    Ok(Exports { shell: shell.name().to_owned(), text })
}

/// The clients that are known, installed or not, and what each sent.
pub(super) async fn clients(front: &Front) -> Vec<ClientCard> {
    let (port, shell) = (port(front).await, Shell::detect(&front.environment));
    // Without an index nothing is known of requests; the lines are there all the same.
    let seen = clients_seen(front.archive.db()).await.unwrap_or_default();
    let mut seen: HashMap<String, ClientSeen> =
        seen.into_iter().map(|client| (client.name.clone(), client)).collect();
    let card = |client: &KnownClient| {
        let seen = seen.remove(client.name);
        ClientCard {
            name: client.name.to_owned(),
            title: client.title.to_owned(),
            installed: client.is_installed(&front.environment),
            line: client.line(port, shell),
            last: seen.as_ref().map(|seen| Timestamp::from_unix_ms(seen.last_ms)),
            requests: seen.as_ref().map_or(0, |seen| seen.requests),
            model: seen.and_then(|seen| seen.model),
        }
    };
    KNOWN.iter().map(card).collect()
}

/// Sets up all shells that are in use, or takes that back.
pub(super) async fn set_shell_set_up(front: &Front, on: bool) -> Result<Vec<ShellOutcome>, CallError> {
    let (paths, environment) = (front.paths.clone(), front.environment.clone());
    let done = on_disk(move || match on {
        true => set_up(&paths, &environment, Mode::Write),
        false => undo(&paths, &environment, Mode::Write),
    });
    let outcomes = done.await?.map_err(|error| CallError::Failed(error.to_string()))?;
    Ok(outcomes.iter().map(told).collect())
}

fn told(outcome: &Outcome) -> ShellOutcome {
    let message = match &outcome.change {
        Change::Written => "Written.".to_owned(),
        Change::Added => "Three lines were added at the end.".to_owned(),
        Change::AlreadyThere => "Is set up already.".to_owned(),
        Change::TakenOut => "Three lines were taken out.".to_owned(),
        Change::Deleted => "Deleted.".to_owned(),
        Change::GoneAlready => "Was taken out already.".to_owned(),
        Change::Refused(refusal) => format!("Left as it is: {refusal}."),
    };
    ShellOutcome {
        file: outcome.path.display().to_string(),
        message,
        failed: matches!(outcome.change, Change::Refused(_)),
    }
}
