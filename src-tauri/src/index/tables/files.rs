//! How far files are dealt with.

use std::collections::BTreeMap;

use super::{Query, int};
use crate::index::row::Op;
use crate::logs::Span;

/// The statements that note how far files are dealt with: one for each run of lines.
pub(super) fn progress(ops: &[Op]) -> Vec<Query> {
    let mut statements = Vec::new();
    let mut runs: BTreeMap<&str, Span> = BTreeMap::new();
    for op in ops {
        match op {
            Op::Indexed(file, span) => match runs.get_mut(file.as_str()) {
                Some(run) if run.end() == span.offset => run.len += span.len,
                Some(run) => {
                    statements.push(indexed(file, *run));
                    *run = *span;
                }
                None => drop(runs.insert(file, *span)),
            },
            Op::IndexedUpTo(file, bytes) => statements.push(indexed_up_to(file, *bytes)),
            Op::Session(_)
            | Op::ClientSession(..)
            | Op::Title(..)
            | Op::Request(_)
            | Op::Response(_)
            | Op::Link(..)
            | Op::Message(_) => {}
        }
    }
    statements.extend(runs.into_iter().map(|(file, run)| indexed(file, run)));
    statements
}

/// Moves on only from where the file is indexed to: a line that was left out is found by that.
pub(super) fn indexed(file: &str, span: Span) -> Query {
    sqlx::query(
        "insert into files (file, indexed_bytes) values (?1, iif(?2 = 0, ?3, 0))
         on conflict (file) do update set indexed_bytes = ?3 where indexed_bytes = ?2",
    )
    .bind(file.to_owned())
    .bind(int(span.offset))
    .bind(int(span.end()))
}

fn indexed_up_to(file: &str, bytes: u64) -> Query {
    sqlx::query(
        "insert into files (file, indexed_bytes) values (?1, ?2)
         on conflict (file) do update set indexed_bytes = max(indexed_bytes, excluded.indexed_bytes)",
    )
    .bind(file.to_owned())
    .bind(int(bytes))
}
