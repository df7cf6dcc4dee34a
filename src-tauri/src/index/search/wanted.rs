//! What is looked for.

use std::str::FromStr;

use crate::index::filter::{Condition, Filter, Key, Line, Problem, Scope, Word};

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
    /// Whether each of its words is one entry in the index of words, and nothing else is asked. Most beginnings of
    /// words are put together from all words that begin so, and filters may leave nothing of many hits: neither
    /// should be done for each session anew.
    pub(super) fn is_of_whole_words(&self) -> bool {
        let mut wanted = self.words.iter().filter(|word| !word.excluded);
        let is_entry = |word: &Word| !word.prefix || has_index_of_its_own(&word.text);
        self.conditions.is_empty() && wanted.next().is_some() && self.words.iter().all(is_entry)
    }

    /// Whether a text alone does not tell if it fits.
    pub(super) fn asks_of_exchanges(&self) -> bool {
        self.conditions.iter().any(Condition::asks_of_exchanges)
    }

    pub(super) fn names_a_session(&self) -> bool {
        let is_session = |filter: &Filter| matches!(filter, Filter::Beginning(Key::Session, _));
        self.conditions.iter().any(|condition| !condition.excluded && condition.any_of.iter().all(is_session))
    }
}

/// Whether the table `messages_fts` has an entry for what begins so.
fn has_index_of_its_own(beginning: &str) -> bool {
    let beginning = beginning.trim_end_matches('*');
    beginning.chars().count() == 2 && beginning.chars().all(char::is_alphanumeric)
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
    fn words_that_are_one_entry_each_are_told_from_the_rest() {
        let is = |text: &str| text.parse::<Search>().unwrap().is_of_whole_words();
        for text in ["the", "error file -test", "\"the file\"", "cl*"] {
            assert!(is(text), "{text}");
        }
        for text in ["ver*", "the x*", "the role:user", "-the", "role:user", "the -ver*"] {
            assert!(!is(text), "{text}");
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
