//! What names a model: the conditions of the price list.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

/// A condition on a name in lower case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Clause {
    /// The name is this.
    Equals(String),
    /// It begins so.
    StartsWith(String),
    /// It ends so.
    EndsWith(String),
    /// It has this in it.
    Contains(String),
    /// This is found in it.
    Regex(Pattern),
    /// This is not so.
    Not(Box<Clause>),
    /// One of these is so.
    Or(Vec<Clause>),
    /// All of these are so.
    And(Vec<Clause>),
}

impl Clause {
    /// Whether it is so of a name.
    pub(super) fn fits(&self, name: &str) -> bool {
        match self {
            Self::Equals(text) => name == text,
            Self::StartsWith(text) => name.starts_with(text),
            Self::EndsWith(text) => name.ends_with(text),
            Self::Contains(text) => name.contains(text),
            Self::Regex(regex) => regex.is_match(name),
            Self::Not(clause) => !clause.fits(name),
            Self::Or(clauses) => clauses.iter().any(|clause| clause.fits(name)),
            Self::And(clauses) => clauses.iter().all(|clause| clause.fits(name)),
        }
    }
}

/// A regular expression that is compiled when it is first needed: few of the list's hundreds ever are.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    source: String,
    /// `None` of one that is none; a test holds that the list has none such.
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Whether it is found in a text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(text))
    }

    /// Whether it is found at the beginning of a text.
    pub(super) fn is_beginning_of(&self, text: &str) -> bool {
        self.compiled().and_then(|regex| regex.find(text)).is_some_and(|found| found.start() == 0)
    }

    fn compiled(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.source).ok()).as_ref()
    }
}

impl From<String> for Pattern {
    fn from(source: String) -> Self {
        Self { source, compiled: OnceLock::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(clause: &str, name: &str) -> bool {
        serde_json::from_str::<Clause>(clause).unwrap().fits(name)
    }

    #[test]
    fn clauses_fit_what_they_say() {
        for (clause, fitting, other) in [
            (r#"{"equals":"o3"}"#, "o3", "o3-mini"),
            (r#"{"starts_with":"o3"}"#, "o3-mini", "go3"),
            (r#"{"ends_with":"mini"}"#, "o3-mini", "mini-o3"),
            (r#"{"contains":"3-m"}"#, "o3-mini", "o4-mini"),
            (r#"{"regex":"^o\\d$"}"#, "o3", "o3-mini"),
            (r#"{"not":{"equals":"o3"}}"#, "o4", "o3"),
            (r#"{"or":[{"equals":"o3"},{"equals":"o4"}]}"#, "o4", "o5"),
            (r#"{"and":[{"starts_with":"o"},{"ends_with":"mini"}]}"#, "o3-mini", "o3"),
        ] {
            assert!(fits(clause, fitting), "{clause} fits {fitting}");
            assert!(!fits(clause, other), "{clause} does not fit {other}");
        }
    }
}
