use super::*;
use crate::api::types::Tokens;

fn state(standing: Standing) -> TrayState {
    TrayState {
        standing,
        problem: None,
        today: Today::default(),
        recent: Vec::new(),
        now: Timestamp::from_unix_ms(1_000_000_000),
        shell: Shell::Posix,
        start_at_login: Some(false),
        shell_set_up: Some(true),
        copied: None,
    }
}

fn session(number: i64, last_ms: i64) -> SessionSummary {
    let created = Timestamp::from_unix_ms(number);
    SessionSummary {
        id: SessionId::new(created),
        provider: "anthropic".to_owned(),
        upstream: "api.anthropic.com".to_owned(),
        client: Some("claude-code".to_owned()),
        client_version: None,
        client_session: None,
        model: Some("claude".to_owned()),
        project: None,
        title: Some(format!("session {number}")),
        created,
        last_activity: Timestamp::from_unix_ms(last_ms),
        requests: 14,
        tokens: Tokens::default(),
        cost_usd: Some(0.32),
        running: false,
        file: String::new(),
    }
}

/// The menu as indented lines: `[x]` ticked, `[ ]` not, parentheses around what cannot be clicked.
fn drawn(entries: &[Entry]) -> Vec<String> {
    entries
        .iter()
        .flat_map(|entry| match entry {
            Entry::Separator => vec!["--".to_owned()],
            Entry::Item(item) => {
                let tick = item.checked.map_or("", |on| if on { "[x] " } else { "[ ] " });
                let text = format!("{tick}{}", item.text);
                vec![if item.action.is_some() { text } else { format!("({text})") }]
            }
            Entry::Submenu { text, entries } => {
                let inside = drawn(entries).into_iter().map(|line| format!("  {line}"));
                std::iter::once(format!("{text} >")).chain(inside).collect()
            }
        })
        .collect()
}

fn lines(state: &TrayState) -> Vec<String> {
    drawn(&menu(state).entries)
}

#[test]
fn the_whole_menu_of_a_running_proxy() {
    let mut state = state(Standing::Running(12071));
    state.today = Today {
        sessions: 3,
        requests: 128,
        tokens: Tokens { input: 900_000, output: 100_000, cache_read: 900_000, cache_write: 0 },
        cost_usd: Some(4.12),
        gaps: 0,
    };
    state.recent = vec![session(1, 999_990_000), session(2, 5)];
    let expected = [
        "(● Running on 127.0.0.1:12071)",
        "(Today: 128 requests · 1.9M tokens · $4.12)",
        "--",
        "Open Explorer",
        "Copy Env Exports (bash/zsh)",
        "Copy for >",
        "  bash/zsh",
        "  fish",
        "  PowerShell",
        "  cmd",
        "  nushell",
        "  .env file",
        "  Codex config.toml",
        "  --",
        "  Lines That Take It Back (bash/zsh)",
        "--",
        "Recent Sessions >",
        "  ● session 1 — claude-code · 14 requests · $0.32",
        "  session 2 — claude-code · 14 requests · $0.32",
        "--",
        "[ ] Pause Logging",
        "[ ] Start at Login",
        "[x] Set Up Shell",
        "Settings…",
        "--",
        "Quit LLM Proxy",
    ];
    assert_eq!(lines(&state), expected);
    let menu = menu(&state);
    assert_eq!(menu.icon, Icon::Running);
    assert_eq!(menu.tooltip, "LLM Proxy · running on 127.0.0.1:12071 · 128 requests today · $4.12");
    assert_eq!(menu.action("recent-1"), Some(&Action::OpenSession(state.recent[1].id.clone())));
    assert_eq!(menu.action("copy-fish"), Some(&Action::Copy(Lines::Exports(Shell::Fish))));
    assert_eq!((menu.action("standing"), menu.action("no-such")), (None, None));
}

#[test]
fn nothing_is_said_of_prices_that_are_not_known() {
    let mut state = state(Standing::Running(1));
    state.today = Today { requests: 1, ..Today::default() };
    state.recent = vec![SessionSummary { cost_usd: None, client: None, ..session(1, 0) }];
    let lines = lines(&state);
    assert_eq!(lines[1], "(Today: 1 request)");
    assert!(lines.contains(&"  session 1 — 14 requests".to_owned()), "{lines:?}");
    assert!(!menu(&state).tooltip.contains('$'));
}

#[test]
fn each_standing_has_its_first_line_its_icon_and_what_can_be_done() {
    let long = "x".repeat(300);
    for (standing, first, icon, tick) in [
        (
            Standing::Paused(1),
            "(○ Logging paused, running on 127.0.0.1:1)",
            Icon::Paused,
            "[x] Pause Logging",
        ),
        (
            Standing::Attached(1),
            "(● Attached to the running llm-proxy on 127.0.0.1:1)",
            Icon::Running,
            "([ ] Pause Logging)",
        ),
        (Standing::Waiting("busy".into()), "(✕ Stopped: busy)", Icon::Stopped, "([ ] Pause Logging)"),
        (Standing::Failed("taken".into()), "(✕ Stopped: taken)", Icon::Error, "([ ] Pause Logging)"),
        (
            Standing::Failed(long.clone()),
            &format!("(✕ Stopped: {}…)", &long[..99]),
            Icon::Error,
            "([ ] Pause Logging)",
        ),
        (Standing::Ending, "(Waiting for running requests to end…)", Icon::Stopped, "([ ] Pause Logging)"),
    ] {
        let state = state(standing);
        let lines = lines(&state);
        assert_eq!((lines[0].as_str(), menu(&state).icon), (first, icon));
        assert!(lines.iter().any(|line| line == tick), "{lines:?}");
    }
}

#[test]
fn a_stopped_proxy_can_be_started_again_and_gives_no_exports() {
    let state = state(Standing::Failed("port 80 is taken".to_owned()));
    let menu = menu(&state);
    assert_eq!(menu.action("try-again"), Some(&Action::TryAgain));
    assert_eq!((menu.action("copy"), menu.action("copy-codex")), (None, None));
    assert_eq!(menu.action("copy-unset"), Some(&Action::Copy(Lines::Unset(Shell::Posix))));
    assert_eq!(super::menu(&self::state(Standing::Running(1))).action("try-again"), None);
}

#[test]
fn a_log_that_cannot_be_written_is_shown_though_the_proxy_runs() {
    let state = TrayState { problem: Some("the disk is full".into()), ..state(Standing::Running(1)) };
    assert_eq!(lines(&state)[0], "(! Running on 127.0.0.1:1, but the disk is full)");
    assert_eq!(menu(&state).icon, Icon::Error);
}

#[test]
fn what_was_copied_says_so() {
    let state = TrayState { copied: Some(Lines::Codex), ..state(Standing::Running(1)) };
    let lines = lines(&state);
    assert!(lines.contains(&"  Copied ✓".to_owned()) && !lines.contains(&"  Codex config.toml".to_owned()));
}

#[test]
fn places_keep_their_ids_and_no_two_share_one() {
    let mut state = state(Standing::Running(1));
    state.recent = (0..9).map(|number| session(number, 0)).collect();
    let menu = menu(&state);
    let mut ids = Vec::new();
    for entry in &menu.entries {
        match entry {
            Entry::Item(item) => ids.push(&item.id),
            Entry::Submenu { entries, .. } => ids.extend(entries.iter().filter_map(|entry| match entry {
                Entry::Item(item) => Some(&item.id),
                Entry::Separator | Entry::Submenu { .. } => None,
            })),
            Entry::Separator => {}
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert_eq!(ids.iter().filter(|id| id.starts_with("recent-")).count(), RECENT);
}

#[test]
fn the_lines_are_those_of_the_command_line() {
    assert!(
        Lines::Exports(Shell::Fish).text(80).starts_with("set -gx ANTHROPIC_BASE_URL http://127.0.0.1:80/")
    );
    assert!(Lines::Unset(Shell::Posix).text(80).starts_with("unset ANTHROPIC_BASE_URL\n"));
    assert!(Lines::Codex.text(80).starts_with("openai_base_url = "));
}
