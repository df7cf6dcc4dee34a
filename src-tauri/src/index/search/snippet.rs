//! Snippets: a text's part around its hits, in pieces.

use super::{MARK_END, MARK_START};

/// Characters of a snippet: some three lines. A word may be a megabyte of base64.
const MAX_CHARS: usize = 300;

/// Characters kept before the first hit when a snippet is cut.
const CHARS_BEFORE: usize = 100;

/// Part of a snippet. Pieces in their order are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether this is what was searched for.
    pub marked: bool,
}

/// Reads SQLite's snippet, and cuts it where it is long.
pub(super) fn pieces(snippet: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut chars = 0;
    for (text, marked) in split(snippet) {
        let count = text.chars().count();
        let is_before = pieces.is_empty() && !marked && count < snippet.chars().count();
        let kept = match is_before {
            true if count > CHARS_BEFORE => format!("…{}", skip(text, count - CHARS_BEFORE)),
            _ if chars + count > MAX_CHARS => format!("{}…", first(text, MAX_CHARS - chars)),
            _ => text.to_owned(),
        };
        let cut = !is_before && chars + count > MAX_CHARS;
        chars += kept.chars().count();
        pieces.push(Piece { text: kept, marked });
        if cut || chars >= MAX_CHARS {
            break;
        }
    }
    pieces
}

/// The text between marks, and whether it is a hit.
fn split(snippet: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut marked = false;
    let parts = snippet.split_inclusive([MARK_START, MARK_END]).map(move |part| {
        let was_marked = marked;
        marked = part.ends_with(MARK_START) || (marked && !part.ends_with(MARK_END));
        (part.trim_end_matches([MARK_START, MARK_END]), was_marked)
    });
    parts.filter(|(text, _)| !text.is_empty())
}

fn first(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

fn skip(text: &str, chars: usize) -> String {
    text.chars().skip(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(snippet: &str) -> String {
        let marked = snippet.replace('[', &MARK_START.to_string()).replace(']', &MARK_END.to_string());
        let show = |piece: Piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text };
        pieces(&marked).into_iter().map(show).collect()
    }

    #[test]
    fn hits_are_told_from_the_rest() {
        for text in ["a [b] c", "[b]", "[b][c] d", "no hit", ""] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn long_ones_are_cut_around_the_first_hit() {
        let long = "ä".repeat(1000);
        assert_eq!(shown(&format!("{long}[b]c")), format!("…{}[b]c", "ä".repeat(100)));
        assert_eq!(shown(&format!("a[{long}]b")), format!("a[{}…]", "ä".repeat(299)));
        assert_eq!(shown(&long), format!("{}…", "ä".repeat(300)));
        assert!(shown(&format!("[b]{long}[c]")).chars().count() < 310);
    }
}
