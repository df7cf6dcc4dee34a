//! What still runs. The log says that an exchange ended, never that it runs on: a response whose line was lost with
//! the disk it was on would be awaited for ever.

use crate::model::Timestamp;

/// An exchange without a response that began longer ago does not run: the response's line is lost.
const LONGEST_RUN_MS: i64 = 24 * 60 * 60 * 1000;

/// Whether an exchange runs that has no response and began at this moment.
pub fn may_run(started: Timestamp) -> bool {
    started.unix_ms() >= earliest_running_ms()
}

/// What runs began then or later, in milliseconds since 1970.
pub(super) fn earliest_running_ms() -> i64 {
    Timestamp::now().unix_ms().saturating_sub(LONGEST_RUN_MS)
}
