//! What a session is called in lists: the first line that a person wrote in it.

use crate::provider::{Block, Kind, RequestFacts, Role};

/// Longest title, in characters.
const MAX_CHARS: usize = 200;

/// The title that a request suggests. Text in tags at the start of a line is what clients add
/// (`<system-reminder>`, `<environment_context>`), not what a person wrote.
pub(crate) fn of(facts: &RequestFacts) -> Option<String> {
    if facts.kind != Kind::Chat {
        return None;
    }
    let users = facts.messages.iter().filter(|message| message.role == Role::User);
    users.flat_map(|message| &message.blocks).find_map(|block| match block {
        Block::Text(text) => first_line(text),
        Block::Thinking { .. }
        | Block::ToolCall { .. }
        | Block::ToolResult { .. }
        | Block::Image(_)
        | Block::Other { .. } => None,
    })
}

fn first_line(text: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        match skip_element(rest) {
            Some(after) => rest = after,
            None => break,
        }
    }
    let line = rest.lines().next()?.trim();
    (!line.is_empty()).then(|| line.chars().take(MAX_CHARS).collect())
}

/// What follows `<tag …>…</tag>`, if `text` begins with such an element and says more after it.
fn skip_element(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('<')?;
    let name_len = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?;
    let (name, _) = inside.split_at(name_len);
    let (_, after) = inside.split_once(&format!("</{name}>")).filter(|_| !name.is_empty())?;
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn the_first_line_a_person_wrote() {
        assert_eq!(first_line("  Fix the bug\nin main.rs").as_deref(), Some("Fix the bug"));
        assert_eq!(
            first_line("<system-reminder>\nToday\n</system-reminder>\n<cwd>/x</cwd>\nHello").as_deref(),
            Some("Hello")
        );
        assert_eq!(first_line("<env a=\"b\">only</env>\n "), None);
        assert_eq!(first_line(""), None);
    }

    #[test]
    fn an_open_tag_is_text() {
        assert_eq!(first_line("<b unclosed").as_deref(), Some("<b unclosed"));
        assert_eq!(first_line("<>x</>").as_deref(), Some("<>x</>"));
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(first_line(&"ä".repeat(500)).map(|title| title.chars().count()), Some(200));
    }
}
