//! The explorer's side of `api`: one call with a name and arguments, answered in one place, for the window
//! and the browser alike.

mod call;
mod host;
pub mod types;

pub use call::{Call, CallError, Front, answer};
pub use host::{Host, Refusal};
