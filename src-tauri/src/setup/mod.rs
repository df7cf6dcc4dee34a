//! The user's machine: shells, client configuration, services. Each step has an exact undo.

pub mod clients;
pub mod exports;
pub mod shell;
