//! What people type: `word "two words" prefix* -word key:value`. Everything has to fit; what is
//! between quotes is only ever looked for as it stands.

use std::str::FromStr;

use super::filter::{Filter, Key};

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Words and phrases that a text has to have, or must not.
    pub words: Vec<Word>,
    /// What else has to be so.
    pub conditions: Vec<Condition>,
}

/// A word, or words in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As typed, without quotes.
    pub text: String,
    /// Whether the last word may go on.
    pub prefix: bool,
    /// Whether texts that have it are left out.
    pub excluded: bool,
}

/// A `key:value,value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// One of these has to hold,
    pub any_of: Vec<Filter>,
    /// or, if this is true, none.
    pub excluded: bool,
}

/// Why a search was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchSyntaxError {
    /// No filter has this name.
    #[error("there is no filter `{key}:`; there are {known}; in quotes it is looked for as it stands", known = Key::list())]
    UnknownKey {
        /// What was typed.
        key: String,
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
    /// Nothing was typed that can be looked for.
    #[error("nothing to search for: words have letters or digits, filters are {known}", known = Key::list())]
    Empty,
}

impl FromStr for Search {
    type Err = SearchSyntaxError;

    fn from_str(text: &str) -> Result<Self, SearchSyntaxError> {
        let mut search = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (term, after) = Term::read(rest);
            search.add(&term)?;
            rest = after.trim_start();
        }
        if search.words.is_empty() && search.conditions.is_empty() {
            return Err(SearchSyntaxError::Empty);
        }
        Ok(search)
    }
}

impl Search {
    fn add(&mut self, term: &Term<'_>) -> Result<(), SearchSyntaxError> {
        if let Some(key) = term.key {
            let key = Key::named(key).ok_or_else(|| SearchSyntaxError::UnknownKey { key: key.to_owned() })?;
            let values = if term.quoted { vec![term.text] } else { term.text.split(',').collect() };
            let any_of =
                values.into_iter().map(|value| Filter::read(key, value)).collect::<Result<_, _>>()?;
            self.conditions.push(Condition { any_of, excluded: term.excluded });
        } else if term.text.contains(char::is_alphanumeric) {
            // What has no letter or digit is in no index of words.
            let word = Word { text: term.text.to_owned(), prefix: term.prefix, excluded: term.excluded };
            self.words.push(word);
        }
        Ok(())
    }
}

/// What stands between spaces.
#[derive(Debug, PartialEq, Eq)]
struct Term<'a> {
    excluded: bool,
    key: Option<&'a str>,
    text: &'a str,
    quoted: bool,
    prefix: bool,
}

impl<'a> Term<'a> {
    /// The first term, and what follows it. `text` begins with it.
    fn read(text: &'a str) -> (Self, &'a str) {
        let (excluded, text) = match text.strip_prefix('-') {
            Some(after) if !after.is_empty() && !after.starts_with(char::is_whitespace) => (true, after),
            Some(_) | None => (false, text),
        };
        let (bare, rest) =
            text.split_at(text.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(text.len()));
        let key = bare.split_once(':').filter(|(key, value)| is_key(key, value));
        match (rest.strip_prefix('"'), key) {
            (Some(quote), Some((key, ""))) => {
                let (text, _, rest) = quoted(quote);
                (Self { excluded, key: Some(key), text, quoted: true, prefix: false }, rest)
            }
            (Some(quote), None) if bare.is_empty() => {
                let (text, prefix, rest) = quoted(quote);
                (Self { excluded, key: None, text, quoted: true, prefix }, rest)
            }
            (_, Some((key, text))) if !text.is_empty() || Key::named(key).is_some() => {
                (Self { excluded, key: Some(key), text, quoted: false, prefix: false }, rest)
            }
            (_, _) => {
                let prefix = bare.ends_with('*');
                (Self { excluded, key: None, text: bare, quoted: false, prefix }, rest)
            }
        }
    }
}

/// `std::io`, `https://…`, `C:\…` and `12:30` are no filters.
fn is_key(key: &str, value: &str) -> bool {
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !value.starts_with([':', '/', '\\'])
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
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, bool, bool)> {
        let search: Search = text.parse().unwrap();
        search.words.into_iter().map(|word| (word.text, word.prefix, word.excluded)).collect()
    }

    fn word(text: &str, prefix: bool, excluded: bool) -> (String, bool, bool) {
        (text.to_owned(), prefix, excluded)
    }

    #[test]
    fn words_phrases_prefixes_and_exclusions() {
        assert_eq!(
            words("fix  \"two words\" auth* -old -\"not this\" \"read fi\"*"),
            [
                word("fix", false, false),
                word("two words", false, false),
                word("auth*", true, false),
                word("old", false, true),
                word("not this", false, true),
                word("read fi", true, false),
            ]
        );
        assert_eq!(
            words("a\"b c\"d"),
            [word("a", false, false), word("b c", false, false), word("d", false, false)]
        );
        assert_eq!(words("\"never closed AND"), [word("never closed AND", false, false)]);
    }

    #[test]
    fn what_code_looks_like_is_words() {
        for text in
            ["std::io", "https://a.example/x", "C:\\x", "12:30", "foo_bar:1", "a-b", "NEAR(a", "error:"]
        {
            assert_eq!(words(text), [word(text, false, false)], "{text}");
        }
        assert_eq!(words("\"colour:red\""), [word("colour:red", false, false)]);
        assert_eq!(words("a -> b - ** ()"), [word("a", false, false), word("b", false, false)]);
    }

    #[test]
    fn filters_have_values_and_may_be_excluded() {
        let search: Search = "Model:opus,sonnet -tool:\"a, b\" is:error x".parse().unwrap();
        let filters: Vec<_> =
            search.conditions.iter().map(|one| (one.any_of.clone(), one.excluded)).collect();
        assert_eq!(
            filters,
            [
                (vec![Filter::Model("opus".into()), Filter::Model("sonnet".into())], false),
                (vec![Filter::Tool("a, b".into())], true),
                (vec![Filter::Error], false),
            ]
        );
        assert_eq!(search.words.len(), 1);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let error = |text: &str| text.parse::<Search>().unwrap_err();
        let unknown = error("modle:opus").to_string();
        assert!(
            unknown.contains("`modle:`") && unknown.contains("client:") && unknown.contains("tool:"),
            "{unknown}"
        );
        assert!(error("role:bot").to_string().contains("assistant"));
        assert!(error("model:").to_string().contains("model"));
        for empty in ["", "  ", "-> !", "\"\"", "-"] {
            assert_eq!(error(empty), SearchSyntaxError::Empty, "{empty:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_typed_is_a_panic(text in "[a-z:\"*,\\- é>=.\\\\0-9]{0,40}") {
            drop(text.parse::<Search>());
        }
    }
}
