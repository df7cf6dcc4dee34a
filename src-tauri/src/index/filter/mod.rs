//! The language in which people say which requests or texts they mean: `word "two words" -word key:value`.
//! One reader of it serves the lists of requests and sessions, and the search over what was said.

mod amount;
mod condition;
mod key;
mod language;

pub use condition::{Filter, State};
pub(super) use condition::{push_conditions, push_conditions_of_sessions, push_part};
pub use key::Key;
pub use language::{Condition, Line, Part, Problem, Word};

/// What a line chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Requests: rows `e` of `exchanges`. Words are looked for in what names them.
    Requests,
    /// Texts: rows `m` of `messages`, each with its exchange `e`. Words are looked for in them.
    Texts,
}
