//! The folder that an agent works in, as its client tells the model. No API has a field for it.

use memchr::memmem;

use super::message::{Block, Message, Role};

/// Clients say it near the beginning; what comes later quotes files and other people.
const MESSAGES_READ: usize = 4;
const MAX_CHARS: usize = 1024;

/// What stands before the path, up to the end of its line or to a closing tag.
const MARKS: [&str; 6] = [
    // Claude Code, opencode.
    "Primary working directory: ",
    "Working directory: ",
    // Codex.
    "<cwd>",
    // Gemini CLI.
    "**Workspace Directories:**\n  - ",
    "Workspace Directories:\n  - ",
    "currently working in the directory: ",
];

/// The working directory named in the first instructions or turns.
pub(super) fn project(messages: &[Message]) -> Option<String> {
    let early = messages.iter().filter(|message| matches!(message.role, Role::System | Role::User));
    early.take(MESSAGES_READ).flat_map(|message| &message.blocks).find_map(|block| match block {
        Block::Text(text) => MARKS.iter().find_map(|mark| path_after(mark, text)),
        Block::Thinking { .. }
        | Block::ToolCall { .. }
        | Block::ToolResult { .. }
        | Block::Image(_)
        | Block::Other { .. } => None,
    })
}

fn path_after(mark: &str, text: &str) -> Option<String> {
    let start = memmem::find(text.as_bytes(), mark.as_bytes())? + mark.len();
    let path = text[start..].split(['\n', '\r', '<']).next()?.trim();
    let is_windows = path.as_bytes().get(1..3).is_some_and(|start| start == b":\\" || start == b":/");
    let fits = path.chars().count() <= MAX_CHARS && !path.contains(char::is_control);
    (fits && (path.starts_with('/') || is_windows)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: Role, text: &str) -> Option<String> {
        project(&[Message { role, blocks: vec![Block::Text(text.into())] }])
    }

    #[test]
    fn each_clients_way_of_saying_it() {
        let cases = [
            ("# Environment\n - Primary working directory: /home/u/app\n - Is git: yes", "/home/u/app"),
            ("<env>\nWorking directory: /home/u/my app\nIs directory", "/home/u/my app"),
            ("<environment_context>\n  <cwd>/srv/x</cwd>\n</environment_context>", "/srv/x"),
            ("- **Workspace Directories:**\n  - /w/one\n  - /w/two", "/w/one"),
            ("I'm currently working in the directory: C:\\work\\app\n", "C:\\work\\app"),
        ];
        for (text, expected) in cases {
            assert_eq!(of(Role::User, text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_absolute_path_or_the_models_own_word_does_not_count() {
        assert_eq!(of(Role::User, "Working directory: unknown"), None);
        assert_eq!(of(Role::User, "<cwd>"), None);
        assert_eq!(of(Role::User, &format!("<cwd>/{}", "x".repeat(5000))), None);
        assert_eq!(of(Role::Assistant, "<cwd>/srv/x</cwd>"), None);
    }
}
