//! The explorer's side of `api`: one call with a name and arguments, answered in one place, for the window
//! and the browser alike.

mod call;
mod elsewhere;
mod facets;
mod host;
mod host_state;
mod image;
mod list;
mod open;
mod pointing;
mod raster;
mod request;
mod session;
mod settings;
mod stats;
mod summary;
#[cfg(test)]
mod testing;
mod text;
pub mod types;

pub use call::{Call, CallError, Front, answer};
pub use elsewhere::Elsewhere;
pub use host::{Host, Refusal};
pub use types::note_of;

#[cfg(test)]
mod host_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod sums_tests;
