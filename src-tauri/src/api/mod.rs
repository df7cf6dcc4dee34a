//! All that a front end may ask: the command line prints what is in here, window and explorer show
//! it. No terminal, no HTTP server, no window.

pub mod action;
pub mod compress;
mod cost;
pub mod doctor;
pub mod explorer;
mod import_redaction;
pub mod probe;
pub mod query;
mod reading;
mod said;
pub mod search;
pub mod status;
mod turns;
pub mod types;

use std::path::{Path, PathBuf};

/// Where a log folder's index is.
pub fn index_file(log_dir: &Path) -> PathBuf {
    log_dir.join("sessions.db")
}
