//! Sessions on the disk: compressed now instead of some time, and made plain again. A proxy that runs on
//! the folder, or another of these, is no obstacle.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::action::ActionError;
use super::types::Compressed;
use crate::logs::{Sweep, Swept};

/// Compresses all sessions that nobody has written to for so many days.
pub fn compress(log_dir: &Path, older_than_days: u64) -> Result<Compressed, ActionError> {
    let older_than = Duration::from_secs(older_than_days.saturating_mul(24 * 60 * 60));
    pass(log_dir, |sweep| sweep.compress(older_than))
}

/// Makes all compressed sessions plain.
pub fn decompress(log_dir: &Path) -> Result<Compressed, ActionError> {
    pass(log_dir, |sweep| sweep.decompress())
}

fn pass(log_dir: &Path, pass: impl FnOnce(Sweep<'_>) -> Swept) -> Result<Compressed, ActionError> {
    if !log_dir.is_dir() {
        return Err(ActionError::NoLogFolder(log_dir.to_owned()));
    }
    // Nobody stops it but a signal, which may come at any moment.
    let going_on = AtomicBool::new(false);
    let swept = pass(Sweep::new(log_dir, &going_on));
    Ok(Compressed {
        sessions: swept.files,
        before_bytes: swept.before_bytes,
        after_bytes: swept.after_bytes,
        problems: swept.problems,
    })
}
