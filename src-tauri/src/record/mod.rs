//! What happened, as data: the events that the proxy tells, the log lines they become, and the
//! redaction in between.

pub mod assemble;
mod codec;
pub mod entry;
mod event;
mod exchange;
pub mod redact;

pub use codec::{BadFrame, Encoded};
pub use event::{
    Assigned, Begin, BodyEnd, CaptureStop, Direction, End, EndKind, Event, Headers, ResponseHead,
};
pub use exchange::{Exchange, Piece, Step, millis};
