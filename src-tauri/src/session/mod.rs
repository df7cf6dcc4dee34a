//! Which conversation a request belongs to. Pure: names and hashes, no table. A client that names
//! its session is believed; for all others the messages themselves say what they continue.

mod fingerprint;
mod identify;

pub use fingerprint::{ChainHash, LinkKey};
pub use identify::{Identifier, Identity, identify, links_after};
