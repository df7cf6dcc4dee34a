//! Puts into the log what a run left in the journal when it died. Every step can be repeated: a crash
//! in here is recovered by the next start.

use std::collections::HashMap;

use super::Recorder;
use super::book::Draft;
use crate::journal::{ExchangeKey, Leftovers};
use crate::logs::RelativePath;
use crate::record::Exchange;
use crate::record::entry::Kind;

impl Recorder {
    /// Writes the lines of all exchanges that are in the journal and not in the log.
    pub(super) async fn recover(&mut self, mut leftovers: Leftovers) {
        for path in &leftovers.foreign {
            tracing::warn!(path = %path.display(), "not a journal segment; left alone");
        }
        let mut found: HashMap<ExchangeKey, Draft> = HashMap::new();
        while let Some(frame) = leftovers.next_frame() {
            match frame {
                Ok(frame) => {
                    let draft = found
                        .entry(frame.key)
                        .or_insert_with(|| Draft::new(Exchange::new(frame.run_started)));
                    if frame.copied {
                        draft.exchange.restore(frame.event, frame.at, frame.location);
                    } else {
                        draft.exchange.apply(frame.event, frame.seq, frame.at, frame.location);
                    }
                }
                Err(error) => tracing::warn!(%error, "a frame of an earlier run was left out"),
            }
        }
        drop(leftovers);
        let mut open: Vec<(ExchangeKey, Draft)> =
            found.into_iter().filter(|(_, draft)| !draft.exchange.done).collect();
        open.sort_by_key(|(key, draft)| (draft.exchange.begin.as_ref().map(|begin| begin.started), *key));
        if !open.is_empty() {
            tracing::info!(exchanges = open.len(), "recovering what an earlier run left in the journal");
        }
        for (key, mut draft) in open {
            draft.exchange.close("the proxy was killed");
            self.see_what_is_written(&mut draft).await;
            self.write_ended(key, draft).await;
        }
        self.settle().await;
    }

    /// Finds out which lines the dead run got into the log, and puts a torn one aside.
    async fn see_what_is_written(&mut self, draft: &mut Draft) {
        let exchange = &mut draft.exchange;
        if let (Some(begin), None) = (&exchange.begin, &exchange.assigned) {
            // An earlier recovery's notes are not in the journal: it belongs to another run.
            exchange.assigned = self.book.place_of(begin).await;
        }
        let (Some(begin), Some(assigned)) = (&exchange.begin, &exchange.assigned) else { return };
        let Ok(file) = RelativePath::parse(&assigned.file) else { return };
        let writer = self.book.writer();
        if let Err(error) = writer.repair(&file) {
            tracing::warn!(%error, file = file.as_str(), "cannot check the file's end");
        }
        let has = |kind| writer.tail_has(&file, assigned.offset, &begin.request_id, kind).unwrap_or(false);
        draft.request_written = has(Kind::Request);
        draft.response_written = has(Kind::Response);
    }
}
