//! What is in the logs was written by strangers: a terminal must show it, never obey it. Control
//! characters, escape sequences, direction marks and invisible letters are shown as escapes.

use std::fmt::Write as _;

use crate::model::is_hidden;

/// Text of one line: line ends are shown as spaces.
pub(super) fn visible_line(text: &str) -> String {
    let spaced: String =
        text.trim().chars().map(|letter| if is_space(letter) { ' ' } else { letter }).collect();
    visible_text(&spaced)
}

/// Text that may have several lines and tabs.
pub(super) fn visible_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\t' => shown.push(letter),
            letter if is_hidden(letter) => shown.extend(letter.escape_unicode()),
            letter => shown.push(letter),
        }
    }
    shown
}

/// JSON, in which such characters can only stand inside of strings: as JSON's own escapes.
pub(super) fn visible_json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' || !is_hidden(letter) {
            shown.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

fn is_space(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_never_commanded() {
        assert_eq!(visible_text("a\u{1b}[31mred\u{7}\u{0}"), "a\\u{1b}[31mred\\u{7}\\u{0}");
        assert_eq!(visible_text("\u{202e}gpj.exe\u{9b}2J"), "\\u{202e}gpj.exe\\u{9b}2J");
        assert_eq!(visible_text("over\rwritten"), "over\\u{d}written");
        assert_eq!(visible_text("two\r\nlines\tand a tab"), "two\nlines\tand a tab");
        assert_eq!(visible_line(" two\r\nlines\u{e0041} "), "two  lines\\u{e0041}");
    }

    #[test]
    fn letters_of_all_scripts_stay() {
        for text in ["Grüße 日本 שלום", "👨‍👩‍👧", "می‌خواهم", "a\\u{1b}"] {
            assert_eq!(visible_text(text), text);
        }
    }

    #[test]
    fn json_reads_back_equal() {
        let text = "a\u{1b}[0m\u{202e}\u{7f}\u{e0041}\n😀";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let shown = visible_json(&json);
        assert!(!shown.chars().any(|letter| letter != '\n' && is_hidden(letter)));
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
    }
}
