//! Secrets known by their shape, wherever they stand.
//!
//! One scan looks for all the literals that begin a secret; only where one is found, and where a word
//! can begin, the shape behind it is tried. The text may be JSON inside JSON: an escape like `\n`
//! before a secret separates it as the newline itself would, and no shape reaches over a bare quote.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Redactor;
use super::edits::Edits;
use super::pem;
use super::shapes::{Left, SHAPES, Tail};

/// A shape ready to be tried.
struct Shape {
    literal: &'static str,
    left: Left,
    kind: &'static str,
    tail: CompiledTail,
}

enum CompiledTail {
    Pattern { regex: Regex, mixed: bool },
    Pem,
}

/// In the order of [`SHAPES`].
static COMPILED: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let compile =
        |pattern: &str| Regex::new(&format!("^(?:{pattern})")).expect("a constant pattern compiles");
    SHAPES
        .iter()
        .map(|&(literal, left, kind, tail)| {
            let tail = match tail {
                Tail::Any(pattern) => CompiledTail::Pattern { regex: compile(pattern), mixed: false },
                Tail::Mixed(pattern) => CompiledTail::Pattern { regex: compile(pattern), mixed: true },
                Tail::Pem => CompiledTail::Pem,
            };
            Shape { literal, left, kind, tail }
        })
        .collect()
});

/// Where in [`COMPILED`] the shapes of a literal stand.
static BY_LITERAL: LazyLock<HashMap<&str, Range<usize>>> = LazyLock::new(|| {
    let mut places = HashMap::new();
    for (at, &(literal, ..)) in SHAPES.iter().enumerate() {
        places.entry(literal).or_insert(at..at).end = at + 1;
    }
    places
});

/// All literals: a plain alternation, which the regex engine searches many bytes at a time.
static LITERALS: LazyLock<Regex> = LazyLock::new(|| {
    let mut literals: Vec<String> = SHAPES.iter().map(|(literal, ..)| regex::escape(literal)).collect();
    literals.dedup();
    Regex::new(&literals.join("|")).expect("a constant pattern compiles")
});

/// Makes ready what the first text would have to wait for: a hundredth of a second.
pub(super) fn prepare() {
    LazyLock::force(&COMPILED);
    LazyLock::force(&BY_LITERAL);
    LazyLock::force(&LITERALS);
}

/// Replaces every secret in a text.
pub(super) fn redact<'t>(redactor: &Redactor, text: &'t str) -> Cow<'t, str> {
    let mut edits = Edits::new(text);
    let mut at = 0;
    // A replaced secret separates what follows it, whatever its last character was.
    let mut replaced_until = 0;
    // The end of a run of word characters that holds no JWT: nothing inside it can begin one either.
    // Without it, many openings in one long run would cost the square of its length.
    let mut no_jwt_before = 0;
    while let Some(literal) = LITERALS.find_at(text, at) {
        let is_jwt = literal.as_str() == "eyJ";
        at = literal.start() + 1;
        if is_jwt && literal.start() < no_jwt_before {
            continue;
        }
        match secret_at(text, literal.range(), replaced_until) {
            Found::Secret { kind, range } => {
                let secret = &text[range.clone()];
                edits.replace(range.clone(), &redactor.tag(kind_of(secret).unwrap_or(kind), secret));
                at = range.end;
                replaced_until = at;
            }
            Found::Harmless { end } => at = end,
            Found::Nothing if is_jwt => no_jwt_before = word_end(text, literal.start()),
            Found::Nothing => {}
        }
    }
    edits.finish()
}

/// Where in a text a secret of a known shape may begin, from left to right.
pub(super) struct Openings<'t> {
    text: &'t str,
    next: Option<usize>,
}

impl<'t> Openings<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, next: LITERALS.find(text).map(|found| found.start()) }
    }

    /// Whether there is one between the `end` of the last call and this one.
    pub(super) fn any_before(&mut self, end: usize) -> bool {
        let found = self.next.is_some_and(|next| next < end);
        if found {
            self.next = LITERALS.find_at(self.text, end).map(|found| found.start());
        }
        found
    }
}

enum Found {
    Secret {
        kind: &'static str,
        range: Range<usize>,
    },
    /// The right form, but letters only or digits only, as in a long name.
    Harmless {
        end: usize,
    },
    Nothing,
}

/// Tries the shapes that begin with the literal found in `literal`, looking back to `from` only.
fn secret_at(text: &str, literal: Range<usize>, from: usize) -> Found {
    let before = &text.as_bytes()[from..literal.start];
    let mut harmless_end = None;
    let Some(shapes) = BY_LITERAL.get(&text[literal.clone()]) else { return Found::Nothing };
    for shape in &COMPILED[shapes.clone()] {
        if !can_begin(before, shape.left) {
            continue;
        }
        let Some((range, mixed)) = shape.tail.find(text, &literal) else { continue };
        if !mixed || is_mixed(&text[range.clone()]) {
            return Found::Secret { kind: shape.kind, range };
        }
        // A token behind `Bearer ` may still be a secret by its own shape.
        if range.start == literal.start {
            harmless_end = Some(range.end);
        }
    }
    harmless_end.map_or(Found::Nothing, |end| Found::Harmless { end })
}

impl CompiledTail {
    /// The secret's place, and whether it has to mix letters and digits.
    fn find(&self, text: &str, literal: &Range<usize>) -> Option<(Range<usize>, bool)> {
        match self {
            Self::Pattern { regex, mixed } => {
                let tail = &text[literal.end..];
                let whole = regex.find(tail)?;
                if regex.captures_len() == 1 {
                    return Some((literal.start..literal.end + whole.end(), *mixed));
                }
                let part = regex.captures(tail)?.name("secret")?;
                Some((literal.end + part.start()..literal.end + part.end(), *mixed))
            }
            Self::Pem => pem::length(&text[literal.start..])
                .map(|length| (literal.start..literal.start + length, false)),
        }
    }
}

/// The kind of a text that is a secret from its first to its last byte.
pub(super) fn kind_of(secret: &str) -> Option<&'static str> {
    COMPILED.iter().find_map(|shape| {
        let literal = 0..secret.starts_with(shape.literal).then_some(shape.literal.len())?;
        let (range, mixed) = shape.tail.find(secret, &literal)?;
        (range == (0..secret.len()) && (!mixed || is_mixed(secret))).then_some(shape.kind)
    })
}

fn is_mixed(secret: &str) -> bool {
    secret.bytes().any(|b| b.is_ascii_digit()) && secret.bytes().any(|b| b.is_ascii_alphabetic())
}

/// True when a secret may begin behind these bytes.
fn can_begin(before: &[u8], left: Left) -> bool {
    let Some((&last, rest)) = before.split_last() else { return true };
    if ends_in_escape(before) {
        return true;
    }
    match left {
        Left::Anything => true,
        Left::NoLetter => !last.is_ascii_alphanumeric(),
        Left::NoWord => match last {
            b'_' => false,
            // A hyphen is part of a name, or of URL-safe base64, unless it begins the line or a list.
            b'-' => can_begin(rest, Left::NoLetter) && rest.last() != Some(&b'_'),
            _ => !last.is_ascii_alphanumeric(),
        },
        Left::NoBase64 => match last {
            // Base64, unless it begins the line: a diff.
            b'+' | b'/' => can_begin(rest, Left::NoBase64),
            _ => can_begin(before, Left::NoWord),
        },
    }
}

/// `\n`, `\u0022`, `%3D`: ends in a letter or digit, and separates all the same.
fn ends_in_escape(before: &[u8]) -> bool {
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'\\', b'u', a, b, c, d] if hex(&[*a, *b, *c, *d]) => true,
        [.., b'%', a, b] => hex(&[*a, *b]),
        _ => false,
    }
}

fn word_end(text: &str, start: usize) -> usize {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    text.as_bytes()[start..].iter().position(|&b| !is_word(b)).map_or(text.len(), |length| start + length)
}
