//! The user's machine: shells, client configuration, services.

pub mod exports;
