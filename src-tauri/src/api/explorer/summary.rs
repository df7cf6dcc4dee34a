//! What the index has, in the explorer's words.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::types::{FilterChip, RequestSummary, Totals};
use crate::api::query::tokens_of_row;
use crate::api::types::Tokens;
use crate::index::filter::Line;
use crate::index::list::{self as index, Listed};
use crate::index::may_run;
use crate::index::query::Exchange;
use crate::model::Timestamp;
use crate::provider::prices::usd;
use crate::record::entry::Timing;

/// A request in a list.
pub(super) fn request_summary(listed: Listed) -> RequestSummary {
    let Listed { exchange, session_title } = listed;
    RequestSummary {
        tokens: tokens(&exchange),
        timing: timing(&exchange),
        kind: exchange.kind.and_then(unit_of).unwrap_or_default(),
        end: exchange.end_kind.and_then(unit_of),
        request_id: exchange.request_id,
        session: exchange.session,
        session_title,
        seq: exchange.seq,
        provider: exchange.provider,
        upstream: exchange.upstream,
        method: exchange.method,
        path: exchange.path,
        client: exchange.client_name.filter(|name| !name.is_empty()),
        client_version: exchange.client_version,
        model: exchange.model,
        agent: exchange.agent,
        project: exchange.project,
        running: exchange.status.is_none() && may_run(Timestamp::from_unix_ms(exchange.started_ms)),
        started: Timestamp::from_unix_ms(exchange.started_ms),
        status: exchange.status,
        stop_reason: exchange.stop_reason,
        error: exchange.error,
        cost_usd: exchange.cost_nanousd.map(usd),
        request_bytes: exchange.request_bytes,
        response_bytes: exchange.response_bytes,
    }
}

/// None when the answer told nothing of them.
fn tokens(exchange: &Exchange) -> Option<Tokens> {
    let told = [
        exchange.input_tokens,
        exchange.output_tokens,
        exchange.cache_read_tokens,
        exchange.cache_write_tokens,
    ];
    let [input, output, cache_read, cache_write] = told.map(Option::unwrap_or_default);
    told.iter().any(Option::is_some).then_some(Tokens { input, output, cache_read, cache_write })
}

fn timing(exchange: &Exchange) -> Option<Timing> {
    exchange.total_ms.map(|total_ms| Timing { ttfb_ms: exchange.ttfb_ms.unwrap_or(total_ms), total_ms })
}

/// A unit enum's value by its name in the index; `None` for one that this program does not know.
fn unit_of<T: DeserializeOwned>(name: String) -> Option<T> {
    serde_json::from_value(Value::String(name)).ok()
}

/// Sums in the explorer's words.
pub(super) fn totals(row: index::Totals) -> Totals {
    Totals {
        sessions: row.sessions,
        requests: row.requests,
        tokens: tokens_of_row(row.tokens),
        cost_usd: row.cost_nanousd.map(usd),
        unpriced: row.unpriced,
    }
}

/// How a line was understood.
pub(super) fn chips(line: &Line) -> Vec<FilterChip> {
    let chip = |part: &crate::index::filter::Part| FilterChip {
        text: part.text.clone(),
        problem: part.problem.as_ref().map(ToString::to_string),
    };
    line.parts.iter().map(chip).collect()
}
