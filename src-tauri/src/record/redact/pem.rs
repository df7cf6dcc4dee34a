//! Private keys in PEM, with real line ends or escaped ones, whole or cut off.

use std::sync::LazyLock;

use regex::Regex;

/// No private key in use is longer, even escaped twice.
const MAX_BYTES: usize = 16 * 1024;

static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
        .expect("a constant pattern compiles")
});

/// What a cut-off key begins with: long lines of base64, and a last one that may be short.
static LINES: LazyLock<Regex> = LazyLock::new(|| {
    const BREAK: &str = r"(?:[ \t\r\n]|\\+[nrt])*";
    Regex::new(&format!(r"^(?:{BREAK}[A-Za-z0-9+/=]{{16,}})+(?:{BREAK}[A-Za-z0-9+/=]{{1,15}}\z)?"))
        .expect("a constant pattern compiles")
});

/// Fewer base64 characters in a row are no key but a mention of one.
const MIN_LINE_BYTES: usize = 32;

/// How many bytes of a text that starts with `-----BEGIN` are a private key.
pub(super) fn length(text: &str) -> Option<usize> {
    let head = HEAD.find(text)?.end();
    let rest = &text[head..];
    whole(rest).or_else(|| cut_off(rest)).map(|length| head + length)
}

/// Up to and with the end line.
fn whole(rest: &str) -> Option<usize> {
    let end = rest.find("-----")?;
    let body = &rest.as_bytes()[..end];
    let footer = rest[end..].strip_prefix("-----END ")?;
    let footer_length = footer.find("-----").filter(|&length| length <= MIN_LINE_BYTES)?;
    if !footer[..footer_length].contains("PRIVATE KEY") || end > MAX_BYTES || !is_body(body) {
        return None;
    }
    Some(end + "-----END ".len() + footer_length + "-----".len())
}

fn cut_off(rest: &str) -> Option<usize> {
    let lines = LINES.find(rest)?.end();
    has_long_line(&rest.as_bytes()[..lines]).then_some(lines)
}

/// Base64 with what source code puts between its lines. Escaped quotes come in pairs, and a bare one
/// ends the string that the key stands in.
fn is_body(body: &[u8]) -> bool {
    let mut backslashes = 0_usize;
    let mut quotes = 0_usize;
    for &b in body {
        match b {
            b'"' if backslashes.is_multiple_of(2) => return false,
            b'"' => quotes += 1,
            b'+' | b'/' | b'=' | b'\\' | b'\'' | b',' | b'.' | b':' | b';' | b'>' | b'|' | b'-' => {}
            _ if b.is_ascii_alphanumeric() || b.is_ascii_whitespace() => {}
            _ => return false,
        }
        backslashes = if b == b'\\' { backslashes + 1 } else { 0 };
    }
    quotes.is_multiple_of(2) && has_long_line(body)
}

fn has_long_line(body: &[u8]) -> bool {
    body.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')))
        .any(|line| line.len() >= MIN_LINE_BYTES)
}
