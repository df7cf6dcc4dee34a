//! Rows of exchanges: each half comes from a line of its own.

use sqlx::{QueryBuilder, Sqlite};

use super::int;
use crate::index::row::{RequestRow, ResponseRow};

/// More tokens than any request has. An upstream that claims more must not make sums overflow.
const MAX_TOKENS: u64 = 1_000_000_000_000;

/// More milliseconds than any exchange takes (some 300 years).
const MAX_MS: u64 = 10_000_000_000_000;

pub(super) fn requests(rows: &[&RequestRow]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "insert into exchanges (request_id, session, seq, provider, upstream, method, path, kind, model,
             client_name, client_version, project, agent, started_ms, request_bytes, file, request_offset, request_len, chain,
             request_gaps) ",
    );
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(row.request_id.clone())
            .push_bind(row.session.as_str().to_owned())
            .push_bind(int(row.seq))
            .push_bind(row.provider.as_str())
            .push_bind(row.upstream.clone())
            .push_bind(row.method.clone())
            .push_bind(row.path.clone())
            .push_bind(row.kind.clone())
            .push_bind(row.model.clone())
            .push_bind(row.client_name.clone())
            .push_bind(row.client_version.clone())
            .push_bind(row.project.clone())
            .push_bind(row.agent.clone())
            .push_bind(row.started_ms)
            .push_bind(int(row.request_bytes))
            .push_bind(row.file.clone())
            .push_bind(int(row.span.offset))
            .push_bind(int(row.span.len))
            .push_bind(row.chain.map(|chain| chain.as_bytes().to_vec()))
            .push_bind(int(row.gaps));
    });
    query.push(
        " on conflict (request_id) do update set
             method = excluded.method, path = excluded.path, kind = excluded.kind,
             model = coalesce(excluded.model, model), client_name = excluded.client_name,
             client_version = excluded.client_version, project = excluded.project, agent = excluded.agent, started_ms = excluded.started_ms,
             request_bytes = excluded.request_bytes, request_offset = excluded.request_offset,
             request_len = excluded.request_len, chain = excluded.chain, request_gaps = excluded.request_gaps",
    );
    query
}

pub(super) fn responses(rows: &[&ResponseRow]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "insert into exchanges (request_id, session, seq, provider, upstream, method, path, model, started_ms,
             status, end_kind, stop_reason, error, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
             cache_write_1h_tokens, reasoning_tokens, ttfb_ms, total_ms, response_bytes, file, response_offset, response_len,
             response_gaps) ",
    );
    query.push_values(rows, |mut values, row| {
        let usage = row.usage.unwrap_or_default();
        values
            .push_bind(row.request_id.clone())
            .push_bind(row.session.as_str().to_owned())
            .push_bind(int(row.seq))
            .push_bind(row.provider.as_str())
            .push_bind(row.upstream.clone())
            .push("'', ''")
            .push_bind(row.model.clone())
            .push_bind(row.started_ms)
            .push_bind(row.status)
            .push_bind(row.end_kind)
            .push_bind(row.stop_reason.clone())
            .push_bind(row.error.clone())
            .push_bind(tokens(usage.input_tokens))
            .push_bind(tokens(usage.output_tokens))
            .push_bind(tokens(usage.cache_read_tokens))
            .push_bind(tokens(usage.cache_write_tokens))
            .push_bind(tokens(usage.cache_write_1h_tokens))
            .push_bind(tokens(usage.reasoning_tokens))
            .push_bind(int(row.ttfb_ms.min(MAX_MS)))
            .push_bind(int(row.total_ms.min(MAX_MS)))
            .push_bind(int(row.response_bytes))
            .push_bind(row.file.clone())
            .push_bind(int(row.span.offset))
            .push_bind(int(row.span.len))
            .push_bind(int(row.gaps));
    });
    query.push(
        " on conflict (request_id) do update set
             model = coalesce(model, excluded.model), status = excluded.status, end_kind = excluded.end_kind,
             stop_reason = excluded.stop_reason, error = excluded.error, input_tokens = excluded.input_tokens,
             output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens,
             cache_write_tokens = excluded.cache_write_tokens,
             cache_write_1h_tokens = excluded.cache_write_1h_tokens, reasoning_tokens = excluded.reasoning_tokens,
             ttfb_ms = excluded.ttfb_ms, total_ms = excluded.total_ms, response_bytes = excluded.response_bytes,
             response_offset = excluded.response_offset, response_len = excluded.response_len,
             response_gaps = excluded.response_gaps",
    );
    query
}

fn tokens(count: Option<u64>) -> Option<i64> {
    count.map(|count| int(count.min(MAX_TOKENS)))
}
