//! The JSONL files, which are the truth: where they lie, how they are written, read,
//! compressed and imported.
//! `docs/LOG_FORMAT.md` describes them for everyone else.

mod cold;
mod content;
pub mod import;
pub mod layout;
pub mod lock;
mod open;
pub mod read;
pub mod write;

pub use cold::{Sweep, Swept};
pub use content::Content;
pub use layout::RelativePath;

/// The longest line that is written or read, its `\n` included: 256 MiB. A body of the default
/// limit (32 MiB) fits even when every byte of it needs a six-byte escape.
pub const MAX_LINE_BYTES: u64 = 256 << 20;

/// Where a line stands in its file, in bytes. The `\n` at its end belongs to it, so that one line's
/// end is the next one's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub len: u64,
}

impl Span {
    /// The byte after the line.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}
