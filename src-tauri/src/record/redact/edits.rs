//! Replacements in a text that is copied only when there is one.

use std::borrow::Cow;
use std::ops::Range;

/// Collects replacements from left to right.
pub(super) struct Edits<'t> {
    source: &'t str,
    out: String,
    copied: usize,
}

impl<'t> Edits<'t> {
    pub(super) fn new(source: &'t str) -> Self {
        Self { source, out: String::new(), copied: 0 }
    }

    /// The text before any replacement.
    pub(super) fn source(&self) -> &'t str {
        self.source
    }

    /// Replaces bytes of the source. A range that begins before the end of an earlier one is ignored.
    pub(super) fn replace(&mut self, range: Range<usize>, by: &str) {
        if range.start < self.copied || range.is_empty() {
            return;
        }
        self.out.push_str(&self.source[self.copied..range.start]);
        self.out.push_str(by);
        self.copied = range.end;
    }

    /// The text with all replacements; borrowed when there was none.
    pub(super) fn finish(mut self) -> Cow<'t, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.source);
        }
        self.out.push_str(&self.source[self.copied..]);
        Cow::Owned(self.out)
    }
}
