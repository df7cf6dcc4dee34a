//! What is looked for.

use std::str::FromStr;

use crate::index::filter::{Condition, Filter, Key, Line, Problem, Scope, Word};

/// Hits shown of each session,
const HITS_SHOWN: usize = 5;

/// and when the search names its session.
const HITS_SHOWN_OF_ONE: usize = 100;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Words and phrases that a text has to have, or must not.
    pub words: Vec<Word>,
    /// What else has to be so.
    pub conditions: Vec<Condition>,
}

/// Why a search was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchSyntaxError {
    /// A part of it was not.
    #[error(transparent)]
    Part(#[from] Problem),
    /// Nothing was typed that can be looked for.
    #[error("nothing to search for: words have letters or digits, filters are {known}", known = Key::list(Scope::Texts))]
    Empty,
}

impl FromStr for Search {
    type Err = SearchSyntaxError;

    fn from_str(text: &str) -> Result<Self, SearchSyntaxError> {
        let line = Line::read(text, Scope::Texts);
        if let Some(problem) = line.parts.into_iter().find_map(|part| part.problem) {
            return Err(problem.into());
        }
        let mut search = Self { words: line.words, conditions: line.conditions };
        // What has no letter or digit is in no index of words.
        search.words.retain(|word| word.text.contains(char::is_alphanumeric));
        if search.words.is_empty() && search.conditions.is_empty() {
            return Err(SearchSyntaxError::Empty);
        }
        Ok(search)
    }
}

impl Search {
    /// Whether a text has to have some word.
    pub(super) fn has_words(&self) -> bool {
        self.words.iter().any(|word| !word.excluded)
    }

    /// Whether a text alone does not tell if it fits.
    pub(super) fn asks_of_exchanges(&self) -> bool {
        self.conditions.iter().any(Condition::asks_of_exchanges)
    }

    /// How many hits of each session are shown.
    pub(super) fn hits_shown(&self) -> usize {
        if self.names_a_session() { HITS_SHOWN_OF_ONE } else { HITS_SHOWN }
    }

    fn names_a_session(&self) -> bool {
        let is_session = |filter: &Filter| matches!(filter, Filter::Beginning(Key::Session, _));
        self.conditions.iter().any(|condition| !condition.excluded && condition.any_of.iter().all(is_session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_letters_are_no_words() {
        let search: Search = "a -> b - ** ()".parse().unwrap();
        assert_eq!(search.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let error = |text: &str| text.parse::<Search>().unwrap_err();
        for empty in ["", "  ", "-> !", "\"\"", "-"] {
            assert_eq!(error(empty), SearchSyntaxError::Empty, "{empty:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let error = |text: &str| text.parse::<Search>().unwrap_err().to_string();
        let unknown = error("modle:opus");
        assert!(
            unknown.contains("`modle:`") && unknown.contains("role:") && unknown.contains("tool:"),
            "{unknown}"
        );
        assert!(error("role:bot").contains("assistant"));
        assert!(error("x model:").contains("model"));
    }
}
