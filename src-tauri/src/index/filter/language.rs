//! What people type: `word "two words" prefix* -word key:value (key:value or key:value)`. Everything has to fit; what
//! is between quotes is only ever looked for as it stands.

use super::{Filter, Key, Scope};

/// The most values of a line that count: each becomes part of one SQL statement.
const MAX_VALUES: usize = 100;

/// A line, as far as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Words and phrases that have to be there, or must not.
    pub words: Vec<Word>,
    /// What else has to be so.
    pub conditions: Vec<Condition>,
    /// All that was typed, in order.
    pub parts: Vec<Part>,
}

/// What stands between spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As it was typed.
    pub text: String,
    /// Why it was not understood, and is left out; none: it counts.
    pub problem: Option<Problem>,
}

/// A word, or words in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As typed, without quotes.
    pub text: String,
    /// Whether the last word may go on.
    pub prefix: bool,
    /// Whether what has it is left out.
    pub excluded: bool,
}

/// A `key:value,value`, or several of them in `(… or …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// One of these has to hold,
    pub any_of: Vec<Filter>,
    /// or, if this is true, none.
    pub excluded: bool,
}

/// Why a part of a line was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No filter has this name.
    #[error("there is no filter `{key}:`; there are {known}; in quotes it is looked for as it stands", known = Key::list(*.scope))]
    UnknownKey {
        /// What was typed.
        key: String,
        /// What the line chooses from.
        scope: Scope,
    },
    /// A filter cannot have this value.
    #[error("`{key}:` cannot be `{value}`; it is {allowed}")]
    BadValue {
        /// The filter.
        key: &'static str,
        /// What was typed.
        value: String,
        /// What it can be.
        allowed: &'static str,
    },
    /// A choice of something else than filters.
    #[error(
        "between ( and ) stand filters, as in (model:opus or is:error); in quotes it is looked for as it stands"
    )]
    BadChoice,
    /// The line is too long.
    #[error("only the first {MAX_VALUES} words and values count")]
    TooMany,
}

impl Line {
    /// Reads a line. What cannot be understood is left out, and said in its part.
    pub fn read(text: &str, scope: Scope) -> Self {
        let mut line = Self::default();
        let mut values = 0;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (terms, after) = Terms::read(rest, scope);
            values += terms.count_values();
            let (typed, after) = if values > MAX_VALUES {
                (rest, "")
            } else {
                (&rest[..rest.len() - after.len()], after.trim_start())
            };
            let problem =
                if values > MAX_VALUES { Some(Problem::TooMany) } else { line.add(&terms, scope).err() };
            line.parts.push(Part { text: typed.to_owned(), problem });
            rest = after;
        }
        line
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.conditions.is_empty()
    }

    fn add(&mut self, terms: &Terms<'_>, scope: Scope) -> Result<(), Problem> {
        match terms {
            Terms::One(term) if term.key.is_none() => {
                let text: String = term.values.concat();
                if !text.is_empty() {
                    self.words.push(Word { text, prefix: term.prefix, excluded: term.excluded });
                }
            }
            Terms::One(term) => {
                self.conditions.push(Condition { any_of: term.filters(scope)?, excluded: term.excluded });
            }
            Terms::Choice { excluded, terms } => {
                if terms.iter().any(|term| term.excluded) {
                    return Err(Problem::BadChoice);
                }
                let filters: Vec<Vec<Filter>> =
                    terms.iter().map(|term| term.filters(scope)).collect::<Result<_, _>>()?;
                self.conditions.push(Condition { any_of: filters.concat(), excluded: *excluded });
            }
        }
        Ok(())
    }
}

/// One term, or several of which one has to fit.
#[derive(Debug, PartialEq, Eq)]
enum Terms<'a> {
    One(Term<'a>),
    Choice { excluded: bool, terms: Vec<Term<'a>> },
}

impl<'a> Terms<'a> {
    /// The first of them, and what follows. `text` begins with it.
    fn read(text: &'a str, scope: Scope) -> (Self, &'a str) {
        let (excluded, inner) = text.strip_prefix('-').map_or((false, text), |inner| (true, inner));
        let choice = inner.strip_prefix('(').and_then(|inner| choice(inner, scope));
        choice.map_or_else(
            || {
                let (term, rest) = Term::read(text, scope);
                (Self::One(term), rest)
            },
            |(terms, rest)| (Self::Choice { excluded, terms }, rest),
        )
    }

    fn count_values(&self) -> usize {
        match self {
            Self::One(term) => term.values.len(),
            Self::Choice { terms, .. } => terms.iter().map(|term| term.values.len()).sum(),
        }
    }
}

/// Terms with `or` between them up to the closing parenthesis, and what follows it; none where it is no choice:
/// code has parentheses, too.
fn choice(text: &str, scope: Scope) -> Option<(Vec<Term<'_>>, &str)> {
    let (inside, rest) = text.split_at(closing(text)?);
    let mut terms = Vec::new();
    let mut next = inside.trim();
    loop {
        let (term, after) = Term::read(next, scope);
        terms.push(term);
        let after = after.trim_start();
        if after.is_empty() {
            return (terms.len() > 1).then_some((terms, &rest[1..]));
        }
        let after = after.strip_prefix("or").or_else(|| after.strip_prefix("OR"))?;
        next = after.strip_prefix(char::is_whitespace)?.trim_start();
    }
}

/// Where the parenthesis closes, quotes passed over.
fn closing(text: &str) -> Option<usize> {
    let mut in_quotes = false;
    text.char_indices().find_map(|(at, character)| {
        in_quotes ^= character == '"';
        (character == ')' && !in_quotes).then_some(at)
    })
}

/// What stands between spaces, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Term<'a> {
    excluded: bool,
    key: Option<&'a str>,
    /// One, unless there is a key.
    values: Vec<&'a str>,
    prefix: bool,
}

impl<'a> Term<'a> {
    /// What its values mean; a word means nothing by itself.
    fn filters(&self, scope: Scope) -> Result<Vec<Filter>, Problem> {
        let name = self.key.ok_or(Problem::BadChoice)?;
        let key =
            Key::named(name, scope).ok_or_else(|| Problem::UnknownKey { key: name.to_owned(), scope })?;
        self.values.iter().map(|value| Filter::read(key, value, scope)).collect()
    }

    /// The first term, and what follows it. `text` begins with it.
    fn read(text: &'a str, scope: Scope) -> (Self, &'a str) {
        let (excluded, text) = match text.strip_prefix('-') {
            Some(after) if !after.is_empty() && !after.starts_with(char::is_whitespace) => (true, after),
            Some(_) | None => (false, text),
        };
        let (bare, rest) = text.split_at(text.find(ends_bare).unwrap_or(text.len()));
        let is_known = |key: &str| Key::named(key, scope).is_some();
        if let Some((key, value)) = bare.split_once(':').filter(|(key, value)| is_key(key, value))
            && (is_known(key)
                || if value.is_empty() { rest.starts_with('"') } else { !value.starts_with('/') })
        {
            let (values, rest) = values(&text[key.len() + 1..]);
            return (Self { excluded, key: Some(key), values, prefix: false }, rest);
        }
        if let (true, Some(quote)) = (bare.is_empty(), rest.strip_prefix('"')) {
            let (text, prefix, rest) = quoted(quote);
            return (Self { excluded, key: None, values: vec![text], prefix }, rest);
        }
        (Self { excluded, key: None, values: vec![bare], prefix: bare.ends_with('*') }, rest)
    }
}

fn ends_bare(character: char) -> bool {
    character == '"' || character.is_whitespace()
}

/// `std::io`, `https://…`, `C:\…` and `12:30` are no filters.
fn is_key(key: &str, value: &str) -> bool {
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !value.starts_with([':', '\\'])
        && !value.starts_with("//")
}

/// Values between commas, each bare or in quotes, and what follows them.
fn values(text: &str) -> (Vec<&str>, &str) {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let (value, after) = match rest.strip_prefix('"') {
            Some(quote) => quote.split_once('"').unwrap_or((quote, "")),
            None => rest.split_at(rest.find(|c: char| c == ',' || ends_bare(c)).unwrap_or(rest.len())),
        };
        values.push(value);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (values, after),
        }
    }
}

/// What stands up to the closing quote, whether a star follows it, and the rest.
fn quoted(text: &str) -> (&str, bool, &str) {
    let (inside, rest) = text.split_once('"').unwrap_or((text, ""));
    match rest.strip_prefix('*') {
        Some(rest) => (inside, true, rest),
        None => (inside, false, rest),
    }
}

#[cfg(test)]
#[path = "language_tests.rs"]
mod tests;
