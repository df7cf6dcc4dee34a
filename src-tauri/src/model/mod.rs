//! Plain values that every other module speaks: ids, times, secrets, changes. No I/O.

mod change;
mod id;
mod letter;
mod secret;
mod time;

pub use change::Change;
pub use id::{ExchangeId, InvalidSessionId, RequestId, SessionId};
pub use letter::is_hidden;
pub use secret::Redacted;
pub use time::Timestamp;
