//! What the tray's menu says, in words for people.

use super::{APP_NAME, Standing, TrayState};
use crate::api::types::{SessionSummary, Today, Tokens};
use crate::model::{Timestamp, is_hidden};
use crate::setup::exports::Shell;

/// A session is shown as active for so long after its last exchange.
const ACTIVE_MS: i64 = 2 * 60 * 1000;
/// Longer titles and reasons are cut: a menu is as wide as its widest line.
const TITLE_CHARS: usize = 40;
const REASON_CHARS: usize = 100;

pub(super) fn standing(state: &TrayState) -> String {
    match (&state.standing, &state.problem) {
        (Standing::Running(port) | Standing::Paused(port), Some(problem)) => {
            format!("! Running on 127.0.0.1:{port}, but {}", cut(problem, REASON_CHARS))
        }
        (Standing::Running(port), None) => format!("● Running on 127.0.0.1:{port}"),
        (Standing::Paused(port), None) => format!("○ Logging paused, running on 127.0.0.1:{port}"),
        (Standing::Attached(port), _) => {
            format!("● Attached to the running llm-proxy on 127.0.0.1:{port}")
        }
        (Standing::Waiting(reason) | Standing::Failed(reason), _) => {
            format!("✕ Stopped: {}", cut(reason, REASON_CHARS))
        }
        (Standing::Ending, _) => "Waiting for running requests to end…".to_owned(),
    }
}

pub(super) fn today(today: &Today) -> String {
    if today.requests == 0 {
        return "Today: no requests yet".to_owned();
    }
    let parts = [Some(requests(today.requests)), tokens(today.tokens), today.cost_usd.map(cost)];
    format!("Today: {}", joined(parts))
}

/// `LLM Proxy · running on 127.0.0.1:12071 · 12 requests today · $0.41`.
pub(super) fn tooltip(state: &TrayState) -> String {
    let standing = match &state.standing {
        Standing::Running(port) => format!("running on 127.0.0.1:{port}"),
        Standing::Paused(port) => format!("logging paused, running on 127.0.0.1:{port}"),
        Standing::Attached(port) => format!("attached to 127.0.0.1:{port}"),
        Standing::Waiting(_) | Standing::Failed(_) => "stopped".to_owned(),
        Standing::Ending => "ending".to_owned(),
    };
    let requests = format!("{} today", requests(state.today.requests));
    joined([Some(APP_NAME.to_owned()), Some(standing), Some(requests), state.today.cost_usd.map(cost)])
}

/// `● fix login test — claude-code · 14 requests · $0.32`.
pub(super) fn session(session: &SessionSummary, now: Timestamp) -> String {
    let idle_ms = now.unix_ms().saturating_sub(session.last_activity.unix_ms());
    let dot = if session.running || idle_ms < ACTIVE_MS { "● " } else { "" };
    let name = session.title.as_deref().or(session.model.as_deref()).unwrap_or(session.id.as_str());
    let facts =
        joined([session.client.clone(), Some(requests(session.requests)), session.cost_usd.map(cost)]);
    format!("{dot}{} — {facts}", cut(name, TITLE_CHARS))
}

pub(super) fn shell(shell: Shell) -> &'static str {
    match shell {
        Shell::Posix => "bash/zsh",
        Shell::Fish => "fish",
        Shell::PowerShell => "PowerShell",
        Shell::Cmd => "cmd",
        Shell::Nushell => "nushell",
        Shell::Dotenv => ".env file",
    }
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn requests(count: u64) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{} requests", short(count)) }
}

fn tokens(tokens: Tokens) -> Option<String> {
    let all = tokens.all_input().saturating_add(tokens.output);
    (all > 0).then(|| format!("{} tokens", short(all)))
}

fn cost(usd: f64) -> String {
    if usd > 0.0 && usd < 0.01 { "<$0.01".to_owned() } else { format!("${usd:.2}") }
}

/// `950`, `12.3k`, `1.9M`.
fn short(count: u64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    let count = count as f64;
    // Whatever would round up to 1000 of a unit is written in the next one.
    let unit = UNITS.iter().find(|(size, _)| count >= size * 0.99995 && count >= 1000.0);
    match unit {
        Some((size, name)) => format!("{:.1}{name}", count / size).replace(".0", ""),
        None => format!("{count}"),
    }
}

/// One line of at most `chars` characters, without what controls, reverses or hides.
fn cut(text: &str, chars: usize) -> String {
    let line: String = text.chars().map(|char| if is_hidden(char) { ' ' } else { char }).collect();
    if line.chars().count() <= chars {
        return line;
    }
    let kept: String = line.chars().take(chars - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1k"),
            (12_345, "12.3k"),
            (999_940, "999.9k"),
            (999_960, "1M"),
            (1_900_000, "1.9M"),
            (2_000_000_000, "2G"),
        ] {
            assert_eq!(short(count), text, "{count}");
        }
    }

    #[test]
    fn costs_are_never_shown_as_nothing_when_there_were_some() {
        for (usd, text) in [(0.0, "$0.00"), (0.004, "<$0.01"), (0.41, "$0.41"), (4.119, "$4.12")] {
            assert_eq!(cost(usd), text);
        }
    }

    #[test]
    fn long_and_hostile_titles_stay_one_short_line() {
        assert_eq!(cut("a\nb\u{1b}[31m", 40), "a b [31m");
        assert_eq!(cut("\u{202e}gpj.exe", 40), " gpj.exe");
        let long = cut(&"ü".repeat(100), 40);
        assert_eq!((long.chars().count(), long.ends_with('…')), (40, true));
    }
}
