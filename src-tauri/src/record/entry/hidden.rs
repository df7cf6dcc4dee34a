//! Characters that a terminal or an editor would obey rather than show, written so that they are seen.

use std::io::Write as _;

/// A line of JSON with its hidden characters escaped. In JSON they can only stand in strings, so that this needs
/// no look at its structure; most lines have none, and stay the same.
pub(super) fn escaped(line: Vec<u8>) -> Vec<u8> {
    if is_plain(&line) {
        return line;
    }
    let Ok(text) = std::str::from_utf8(&line) else { return line };
    let Some(first) = find(text) else { return line };
    let mut escaped = Vec::with_capacity(line.len() + line.len() / 8);
    let mut rest = text;
    let mut next = Some(first);
    while let Some((at, hidden)) = next {
        escaped.extend_from_slice(&rest.as_bytes()[..at]);
        // Writing to memory cannot fail.
        let _ = write!(escaped, "\\u{:04x}", u32::from(hidden));
        rest = &rest[at + hidden.len_utf8()..];
        next = find(rest);
    }
    escaped.extend_from_slice(rest.as_bytes());
    escaped
}

/// The first hidden character, and where it stands. Blocks of plain text are passed over.
fn find(text: &str) -> Option<(usize, char)> {
    const BLOCK: usize = 64;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let block = &rest.as_bytes()[..rest.len().min(BLOCK)];
        if is_plain(block) {
            at += block.len();
            continue;
        }
        // The last character may reach over the block's end.
        let len = rest.ceil_char_boundary(BLOCK);
        if let Some(found) = rest[..len].char_indices().find(|&(_, character)| is_hidden(character)) {
            return Some((at + found.0, found.1));
        }
        at += len;
    }
    None
}

/// Whether all of it is ASCII that shows. Looks at all bytes, without a way out: so the compiler takes sixteen at a
/// time.
fn is_plain(line: &[u8]) -> bool {
    line.iter().fold(true, |plain, &byte| plain & (byte < 0x7f))
}

/// Control characters that JSON need not escape, Unicode's `Bidi_Control`, line and paragraph separator.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Against the plain way: each character by itself. Long runs, so that blocks end everywhere.
        #[test]
        fn as_if_each_were_looked_at(text in "([a-z]{0,70}|[é’😀\u{7f}\u{85}\u{2028}\u{202e}\u{61c}]{1,3}){0,8}") {
            let plain: String = text
                .chars()
                .map(|c| if is_hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
                .collect();
            proptest::prop_assert_eq!(escaped(text.into_bytes()), plain.into_bytes());
        }
    }
}
