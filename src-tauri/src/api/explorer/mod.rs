//! The explorer's side of `api`: one call with a name and arguments, answered in one place, for the window
//! and the browser alike.

mod call;
mod elsewhere;
mod host;
mod host_state;
mod list;
mod request;
mod session;
mod summary;
#[cfg(test)]
mod testing;
mod text;
pub mod types;

pub use call::{Call, CallError, Front, answer};
pub use elsewhere::Elsewhere;
pub use host::{Host, Refusal};

#[cfg(test)]
mod request_tests;
