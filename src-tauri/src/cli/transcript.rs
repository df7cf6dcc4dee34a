//! A session as text for people: a rule for each request, what was new in it, and the answer.

use super::human;
use super::visible::{visible_line, visible_text};
use crate::api::types::{MissingBytes, SessionSummary, SessionView, Turn};
use crate::provider::{Block, Image, Message, Role, Usage};
use crate::record::{CaptureStop, Direction, EndKind};

/// Lines of instructions and tool results that are shown; the rest is in `--json`.
const LONG_LINES: usize = 40;

/// Characters of them that are shown.
const LONG_CHARS: usize = 4000;

/// The whole session.
pub(super) fn text(view: &SessionView) -> String {
    let mut text = header(&view.summary);
    for turn in &view.turns {
        text.push('\n');
        text.push_str(&turn_text(turn, view.turn_cost_usd(turn)));
    }
    text
}

fn header(session: &SessionSummary) -> String {
    let client = session.client.as_deref().unwrap_or("unknown client");
    let version = session.client_version.as_deref().unwrap_or_default();
    let upstream = format!("{} at {}", session.provider, session.upstream);
    let mut lines = vec![format!("Session {}: {client} {version}, {upstream}", session.id)];
    lines.extend(session.project.as_ref().map(|project| format!("Project {project}")));
    lines.extend(session.title.as_ref().map(|title| format!("“{}”", human::cut(title, 100))));
    lines.extend(session.cost_usd.map(|usd| format!("Cost {}", human::money(usd))));
    lines.iter().map(|line| visible_line(line).replace(" ,", ",") + "\n").collect()
}

fn turn_text(turn: &Turn, cost_usd: Option<f64>) -> String {
    let mut parts = vec![rule(turn, cost_usd)];
    if let Some(first) = turn.repeats {
        parts.push(format!("[the same conversation as #{first}]"));
    }
    parts.extend(turn.new_messages.iter().map(message));
    parts.extend(turn.answer.as_ref().map(message));
    parts.extend(problems(turn));
    parts.join("\n\n") + "\n"
}

/// `── #1 · 2026-11-23 03:08:29 · model · 200 · first byte 12 ms · 34 ms · tokens … · $0.41`
fn rule(turn: &Turn, cost_usd: Option<f64>) -> String {
    let mut words = vec![format!("#{}", turn.seq), human::time(turn.started)];
    words.push(match &turn.model {
        Some(model) if turn.answer.is_some() || !turn.new_messages.is_empty() => model.clone(),
        Some(model) => format!("{model} · {}", request_line(turn)),
        None => request_line(turn),
    });
    words.extend(turn.agent.as_ref().map(|agent| format!("agent {agent}")));
    words.push(match turn.status {
        None => "no response in the log".to_owned(),
        Some(0) => "no response".to_owned(),
        Some(status) => status.to_string(),
    });
    if let Some(timing) = turn.timing {
        words.push(format!("first byte {}", human::duration(timing.ttfb_ms)));
        words.push(human::duration(timing.total_ms));
    }
    words.extend(turn.usage.and_then(tokens));
    words.extend(cost_usd.map(human::money));
    format!("── {} ──", visible_line(&words.join(" · ")))
}

fn request_line(turn: &Turn) -> String {
    match turn.method.as_str() {
        "" => "(the request's line is lost)".to_owned(),
        method => format!("{method} {}", turn.path),
    }
}

fn tokens(usage: Usage) -> Option<String> {
    let named = [
        (usage.input_tokens, "in"),
        (usage.cache_read_tokens.filter(|count| *count > 0), "from cache"),
        (usage.cache_write_tokens.filter(|count| *count > 0), "to cache"),
        (usage.output_tokens, "out"),
    ];
    let counts: Vec<String> = named
        .into_iter()
        .filter_map(|(count, name)| Some(format!("{} {name}", human::count(count?))))
        .collect();
    (!counts.is_empty()).then(|| format!("tokens {}", counts.join(", ")))
}

fn message(message: &Message) -> String {
    let who = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    let blocks: Vec<String> = message.blocks.iter().map(|block| block_text(message.role, block)).collect();
    format!("{who}:\n{}", blocks.join("\n"))
}

fn block_text(role: Role, block: &Block) -> String {
    match block {
        Block::Text(text) if role == Role::System => indented(&shortened(text)),
        Block::Text(text) => indented(&visible_text(text.trim_end())),
        Block::Thinking { redacted: true, .. } => indented("[thinking, hidden by the provider]"),
        Block::Thinking { text, .. } => {
            indented(&format!("[thinking]\n{}", indented(&visible_text(text.trim()))))
        }
        Block::ToolCall { name, input, .. } => indented(&visible_text(&format!("[call {name}] {input}"))),
        Block::ToolResult { text, is_error, images, .. } => {
            indented(&tool_result(text, *is_error, images.len()))
        }
        Block::Image(Image { media_type, bytes, url, .. }) => {
            indented(&image(media_type.as_deref(), *bytes, url.as_deref()))
        }
        Block::Other { kind, json } => indented(&visible_text(&format!("[{kind}] {json}"))),
    }
}

fn tool_result(text: &str, is_error: bool, images: usize) -> String {
    let name = if is_error { "[result: failed]" } else { "[result]" };
    let images = match images {
        0 => String::new(),
        1 => " [1 image]".to_owned(),
        count => format!(" [{count} images]"),
    };
    let text = shortened(text);
    let gap = if text.contains('\n') { "\n" } else { " " };
    format!("{name}{images}{gap}{text}").trim_end().to_owned()
}

fn image(media_type: Option<&str>, bytes: u64, url: Option<&str>) -> String {
    let kind = media_type.unwrap_or("image");
    match url {
        Some(url) => visible_line(&format!("[{kind} {url}]")),
        None => visible_line(&format!("[{kind} {}]", human::size(bytes))),
    }
}

/// Long text without its end, and how much that is.
fn shortened(text: &str) -> String {
    let text = text.trim_end();
    let lines_end = text.match_indices('\n').nth(LONG_LINES - 1).map_or(text.len(), |(at, _)| at);
    let chars_end = text.char_indices().nth(LONG_CHARS).map_or(text.len(), |(at, _)| at);
    let (shown, rest) = text.split_at(lines_end.min(chars_end));
    if rest.is_empty() {
        return visible_text(shown);
    }
    format!("{}\n[… {} more, see --json]", visible_text(shown), human::size(rest.len() as u64))
}

fn indented(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") }).collect();
    lines.join("\n")
}

/// What went wrong, and what the log does not have.
fn problems(turn: &Turn) -> Vec<String> {
    let mut problems: Vec<String> =
        turn.error.iter().map(|error| format!("[error] {}", visible_line(error))).collect();
    problems.extend(turn.end.and_then(cut_short).map(str::to_owned));
    if turn.answer_finished == Some(false)
        && matches!(turn.end, None | Some(EndKind::Ok))
        && turn.error.is_none()
    {
        problems.push("[cut: the answer has no end]".to_owned());
    }
    problems.extend(turn.gap.iter().map(gap));
    problems
}

fn cut_short(end: EndKind) -> Option<&'static str> {
    match end {
        EndKind::Ok => None,
        EndKind::UpstreamError => Some("[failed: no response came from the upstream]"),
        EndKind::UpstreamTruncated => Some("[cut: the upstream broke off]"),
        EndKind::ClientAborted => Some("[cut: the client left before the end]"),
        EndKind::ProxyKilled => Some("[cut: the proxy was stopped in the middle]"),
        EndKind::Refused => Some("[refused by the proxy]"),
    }
}

fn gap(gap: &MissingBytes) -> String {
    let body = match gap.direction {
        Direction::Request => "request",
        Direction::Response => "response",
    };
    let reason = match gap.reason {
        CaptureStop::BodyLimit => "the body is larger than max_body_mib",
        CaptureStop::JournalFull => "the journal was full",
    };
    format!(
        "[gap: {} of the {body} from byte {} on are not in the log: {reason}]",
        human::size(gap.bytes),
        gap.from
    )
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
