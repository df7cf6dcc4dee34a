//! What keeps one strange body from harming all that come after it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::journal::Location;
use crate::record::CaptureStop;
use crate::record::assemble::WireBody;
use crate::record::entry::{Entry, Gap};

/// What `read` makes of something that anybody may have sent; `None` if it panics. That is a fault of
/// ours, and must not end the recorder: nothing would be logged any more.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(read));
    if result.is_err() {
        tracing::error!(
            "a fault in llm-proxy: a body could not be read; the log goes on without what it says"
        );
    }
    result.ok()
}

/// What `make` makes of a body that anybody may have sent. Should it panic, that is a fault of ours, and
/// costs this body: not the recorder, now and at every start that finds the exchange in the journal.
pub(super) fn or_without_body<T>(make: impl Fn(WireBody) -> T, wire: WireBody, size: u64) -> T {
    guarded(|| make(wire)).unwrap_or_else(|| {
        make(WireBody::collect::<Location>(&[], size, CaptureStop::JournalFull, |_, _| false))
    })
}

/// The entry and its line, without the body where that makes the line longer than any reader takes: it
/// could never be written, and would keep the journal for ever.
pub(super) fn line_within(mut entry: Entry, max_bytes: u64) -> (Entry, Vec<u8>) {
    let line = entry.to_line();
    if line.len() as u64 <= max_bytes {
        return (entry, line);
    }
    let whole = |bytes| vec![Gap { from: 0, bytes, reason: CaptureStop::BodyLimit }];
    match &mut entry {
        Entry::Request(request) => {
            request.body.clear();
            (request.body_b64, request.tail_b64, request.gap) = (None, None, whole(request.size));
        }
        Entry::Response(response) => {
            (response.body, response.body_b64, response.tail_b64, response.chunks) = (None, None, None, None);
            response.gap = whole(response.size);
        }
        Entry::SessionStart(_) | Entry::Fork(_) => {}
    }
    let line = entry.to_line();
    (entry, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_ours_costs_a_body_and_no_more() {
        let make = |wire: WireBody| {
            let whole = format!("{wire:?}");
            assert!(whole.contains("bytes: 7"), "on purpose");
            whole
        };
        assert!(or_without_body(make, WireBody::default(), 7).contains("JournalFull"));
    }

    #[test]
    fn a_line_that_is_too_long_goes_without_its_body() {
        let meta = r#""_meta":{"host":"h","machine":"m","request_id":"r","session":"20260101-000000-00000000","ts":"2026-01-01T00:00:00Z"}"#;
        let body = "x".repeat(5000);
        for line in [
            format!(
                r#"{{{meta},"body":"{body}","headers":{{}},"method":"POST","path":"/","seq":1,"size":5000,"type":"request"}}"#
            ),
            format!(
                r#"{{{meta},"body":"{body}","headers":{{}},"seq":1,"size":5000,"status":200,"timing":{{"ttfb_ms":1,"total_ms":2}},"type":"response"}}"#
            ),
        ] {
            let entry = Entry::parse(line.as_bytes()).unwrap();
            assert_eq!(line_within(entry.clone(), 10_000).0, entry);
            let (short, line) = line_within(entry.clone(), 1000);
            assert!(line.len() < 1000);
            assert_eq!((short.kind(), short.meta()), (entry.kind(), entry.meta()));
            assert!(String::from_utf8(line).unwrap().contains(r#""bytes":5000"#));
        }
    }
}
