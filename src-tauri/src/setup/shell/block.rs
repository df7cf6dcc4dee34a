//! The marked block in a startup file: three lines of ours at the end of a text that is the user's. Pure
//! edits of bytes: a startup file may hold anything, and all of it is there again after the undo.

use sha2::{Digest as _, Sha256};

/// How our lines begin.
const BEGIN: &str = "# >>> llm-proxy setup ";
const END: &str = "# <<< llm-proxy setup ";

/// The line that a shell is to run, and what distinguishes this set-up from any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Eight random hex digits. Undo takes out the block that has them and no other.
    pub id: String,
    /// The shell's own line, without a line end.
    pub line: String,
    /// The byte with which this shell continues a line on the next one.
    pub continuation: u8,
}

/// A block that is not as it was written. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The lines of the set-up.
    pub expected: String,
    /// The lines that stand there.
    pub found: String,
}

/// What came of adding the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Install {
    /// The text with the block.
    Edited {
        /// The whole new text.
        text: Vec<u8>,
        /// The three lines, by which [`remove`] finds them.
        block: String,
    },
    /// A whole block stands there.
    AlreadyThere,
    /// Lines of a block stand there, but not as any set-up wrote them.
    Refused(Difference),
}

/// What came of taking the block out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remove {
    /// The text without it.
    Edited(Vec<u8>),
    /// It is gone already.
    NotThere,
    /// The user changed or doubled it.
    Refused(Difference),
}

/// Puts the block at the end, where the user's own settings were made already. It stands on lines of its
/// own: what the last line lacks for that is added, and counted in the block's first line.
pub fn install(text: &[u8], block: &Block) -> Install {
    let added = missing_line_ends(text, block.continuation);
    let wanted = block.text(added);
    match survey(text) {
        Survey::Nothing => {
            let text = [text, &b"\n\n"[..added], wanted.as_bytes()].concat();
            Install::Edited { text, block: wanted }
        }
        Survey::Whole => Install::AlreadyThere,
        Survey::Broken(found) => Install::Refused(Difference { expected: wanted, found }),
    }
}

/// Takes out the three lines that [`install`] gave back, wherever they stand by now, and the line ends
/// that were added for them, unless something was written behind them since. Lines may have got other
/// line ends in the meantime.
pub fn remove(text: &[u8], block: &str) -> Remove {
    let Some(id) = id_of(block) else { return Remove::NotThere };
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let ours: Vec<usize> = (0..lines.len()).filter(|at| names(lines[*at], id)).collect();
    let (Some(first), Some(last)) = (ours.first(), ours.last()) else { return Remove::NotThere };
    let stands =
        lines[*first..=*last].iter().map(|line| without_end(line)).eq(block.lines().map(str::as_bytes));
    if !stands {
        let found = text_of(&lines[*first..=*last]);
        return Remove::Refused(Difference { expected: block.to_owned(), found });
    }
    let (before, after) = (lines[..*first].concat(), lines[last + 1..].concat());
    let is_crlf = lines[*first].ends_with(b"\r\n");
    let added = if after.is_empty() { added_of(block) } else { 0 };
    let mut kept = before.as_slice();
    for _ in 0..added {
        let line_end = kept.strip_suffix(b"\r\n").filter(|_| is_crlf);
        kept = line_end.or_else(|| kept.strip_suffix(b"\n")).unwrap_or(kept);
    }
    Remove::Edited([kept, &after].concat())
}

impl Block {
    fn text(&self, added: usize) -> String {
        let (id, line) = (&self.id, &self.line);
        let sum = checksum(id, added, line);
        format!(
            "{BEGIN}{id} +{added} {sum} (undo: llm-proxy setup shell --undo) >>>\n{line}\n{END}{id} <<<\n"
        )
    }
}

/// What stands in a text of lines of ours.
enum Survey {
    Nothing,
    Whole,
    Broken(String),
}

fn survey(text: &[u8]) -> Survey {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let marked: Vec<usize> = (0..lines.len()).filter(|at| is_mark(lines[*at])).collect();
    let (Some(first), Some(last)) = (marked.first(), marked.last()) else { return Survey::Nothing };
    let whole = marked.chunks(2).all(|pair| match pair {
        [begin, end] => end - begin == 2 && is_whole(&lines[*begin..=*end]),
        _ => false,
    });
    if whole { Survey::Whole } else { Survey::Broken(text_of(&lines[*first..=*last])) }
}

/// A line that looks like the first or last of a block, indented or not.
fn is_mark(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.starts_with(BEGIN.as_bytes()) || line.starts_with(END.as_bytes())
}

/// True when these are three lines as some set-up wrote them.
fn is_whole(lines: &[&[u8]]) -> bool {
    let lines: Option<Vec<&str>> =
        lines.iter().map(|line| std::str::from_utf8(without_end(line)).ok()).collect();
    let Some([begin, line, end]) = lines.as_deref() else { return false };
    let mut words = begin.strip_prefix(BEGIN).unwrap_or_default().split(' ');
    let (Some(id), Some(added), Some(sum)) = (words.next(), words.next(), words.next()) else { return false };
    let added = added.strip_prefix('+').and_then(|digits| digits.parse().ok());
    added.is_some_and(|added| checksum(id, added, line) == sum) && *end == format!("{END}{id} <<<")
}

/// Line ends that the text needs before a new line can begin: one for a last line without its own, one
/// more where the last line would go on in ours.
fn missing_line_ends(text: &[u8], continuation: u8) -> usize {
    let last = text.strip_suffix(b"\n").unwrap_or(text);
    let is_open = !text.is_empty() && last.len() == text.len();
    let escapes = last.iter().rev().take_while(|byte| **byte == continuation).count();
    usize::from(is_open) + escapes % 2
}

/// Eight hex digits over all that undo relies on.
fn checksum(id: &str, added: usize, line: &str) -> String {
    let sum = Sha256::digest(format!("{id}\n{added}\n{line}"));
    sum[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn id_of(block: &str) -> Option<&str> {
    block.strip_prefix(BEGIN)?.split(' ').next().filter(|id| !id.is_empty())
}

fn added_of(block: &str) -> usize {
    let added = block.split(" +").nth(1).and_then(|rest| rest.split(' ').next());
    added.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// True for a line with a mark of this id anywhere in it: a block that was indented or commented out is
/// one that the user changed.
fn names(line: &[u8], id: &str) -> bool {
    [BEGIN, END].iter().any(|mark| {
        let marked = format!("{}{id} ", mark.trim_start_matches("# "));
        line.windows(marked.len()).any(|part| part == marked.as_bytes())
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The lines, as they can be shown.
fn text_of(lines: &[&[u8]]) -> String {
    String::from_utf8_lossy(&lines.concat()).into_owned()
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
