//! `search`: what was said, session by session.

use std::io::{IsTerminal as _, stdout};
use std::process::ExitCode;

use super::arguments::SearchArguments;
use super::visible::{visible_line, visible_text};
use super::{Context, human, output, wait};
use crate::api::query::Archive;
use crate::api::search::{Found, Hit, SearchError, SessionHits, SnippetPiece, search};

/// Characters of a title.
const TITLE_CHARS: usize = 60;

/// Characters of other names: they come from outside.
const NAME_CHARS: usize = 30;

pub(super) fn run(context: &Context, arguments: &SearchArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let query = arguments.query.join(" ");
    let found = wait(async { whole(&Archive::open(&config.log_dir), &query, arguments.limit).await })??;
    if found.unread_files > 0 {
        let files = found.unread_files;
        output::note(&format!(
            "{files} older session files are not searchable yet: a running proxy reads them"
        ));
    }
    if !found.unranked.is_empty() {
        let words = visible_line(&found.unranked.join(", "));
        output::note(&format!(
            "too common to rank by: {words}; the other words decide, or the shortest text comes first"
        ));
    }
    if arguments.json {
        output::json(&found)?;
    } else {
        output::answer(&text(&found, stdout().is_terminal()))?;
        if found.sessions.is_empty() {
            output::note("nothing found");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// As many sessions as were asked for: a page may end before it is full.
async fn whole(archive: &Archive, query: &str, limit: u32) -> Result<Found, SearchError> {
    let mut found = search(archive, query, limit, None).await?;
    while let (Some(next), missing @ 1..) =
        (&found.next, (limit as usize).saturating_sub(found.sessions.len()))
    {
        let missing = u32::try_from(missing).unwrap_or(limit);
        let more = search(archive, query, missing, Some(next)).await?;
        found.sessions.extend(more.sessions);
        found.next = more.next;
    }
    Ok(found)
}

fn text(found: &Found, bold: bool) -> String {
    let groups: Vec<String> = found.sessions.iter().map(|session| group(session, bold)).collect();
    let mut text = groups.join("\n");
    if found.next.is_some() {
        text.push_str("\nThere are more sessions: --limit N shows N of them.\n");
    }
    text
}

fn group(session: &SessionHits, bold: bool) -> String {
    let mut text = head(session);
    for hit in &session.hits {
        text.push_str(&format!("  #{} {}: {}\n", hit.seq, place(hit), snippet(&hit.snippet, bold)));
    }
    let more = session.total.saturating_sub(session.hits.len() as u64);
    if more > 0 || session.has_more {
        let at_least = if session.has_more { "at least " } else { "" };
        text.push_str(&format!("  {at_least}{more} more with session:{}\n", session.session.id));
    }
    text
}

/// `20261123-030829-6f9842fe · claude-code · claude-sonnet-4-5 · 2026-11-23 03:08:31 · “Fix the bug”`
fn head(session: &SessionHits) -> String {
    let session = &session.session;
    let mut words = vec![session.id.to_string()];
    let names = [&session.client, &session.model].into_iter().flatten();
    words.extend(names.map(|name| human::cut(&visible_line(name), NAME_CHARS)));
    words.push(human::time(session.last_activity));
    words.extend(
        session.title.as_ref().map(|title| format!("“{}”", human::cut(&visible_line(title), TITLE_CHARS))),
    );
    words.join(" · ") + "\n"
}

/// In the words of `in:`, and the tool.
fn place(hit: &Hit) -> String {
    let place = match (hit.kind.as_str(), hit.role.as_str()) {
        ("text", "user") => "prompt",
        ("text", "assistant") => "answer",
        ("tool_call", _) => "tool",
        ("tool_result", _) => "result",
        ("text", role) => role,
        (kind, _) => kind,
    };
    let tool = hit.tool.as_ref().map(|tool| format!(" {}", human::cut(&visible_line(tool), NAME_CHARS)));
    format!("{place}{}", tool.unwrap_or_default())
}

/// One line; hits are bold.
fn snippet(pieces: &[SnippetPiece], bold: bool) -> String {
    let mut line = String::new();
    for piece in pieces {
        let text = visible_text(&piece.text.replace(['\n', '\r', '\t'], " "));
        match bold && piece.marked {
            true => line.push_str(&format!("\u{1b}[1m{text}\u{1b}[22m")),
            false => line.push_str(&text),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, marked: bool) -> SnippetPiece {
        SnippetPiece { text: text.to_owned(), marked }
    }

    #[test]
    fn only_our_own_marks_reach_the_terminal() {
        let pieces = [piece("a\u{1b}[7m\n", false), piece("b\u{202e}", true), piece(" c", false)];
        assert_eq!(snippet(&pieces, false), "a\\u{1b}[7m b\\u{202e} c");
        assert_eq!(snippet(&pieces, true), "a\\u{1b}[7m \u{1b}[1mb\\u{202e}\u{1b}[22m c");
    }
}
