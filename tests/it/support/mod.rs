//! What the integration tests stand on: an upstream that answers by script, and the built binary
//! in a home of its own.

#![allow(dead_code, reason = "each test module uses the part it needs")]

pub(crate) mod harness;
pub(crate) mod raw;
pub(crate) mod ticker;
pub(crate) mod upstream;
