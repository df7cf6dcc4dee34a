//! Lists of sessions and requests, what they have in common, and search.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::api::types::{SessionSummary, Tokens};
use crate::model::Timestamp;
use crate::provider::Kind;
use crate::record::EndKind;
use crate::record::entry::Timing;

/// What sessions are listed by, most first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum SessionOrder {
    /// When they were used last.
    #[default]
    Last,
    /// How many requests they have.
    Requests,
    /// All their tokens.
    Tokens,
    /// What they cost.
    Cost,
}

/// Where a page of sessions in some order begins: behind this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionPlace {
    /// How much it has of what the order is by, in the index's unit.
    pub amount: i64,
    /// Its id.
    pub session: String,
}

/// Where a page of what was found begins: behind this session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionCursor {
    /// When it was used last.
    pub last_ms: i64,
    /// Its id.
    pub session: String,
}

/// Asks for `sessions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
    /// What they are listed by.
    #[serde(default)]
    pub order: SessionOrder,
    /// Where the page begins; none: at the first.
    #[serde(default)]
    pub before: Option<SessionPlace>,
    /// At most so many, up to 500.
    pub limit: u32,
}

/// A page of sessions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<SessionPlace>,
    /// Sums over all that the filter lets through, not only this page. None: not on the first page.
    pub totals: Option<Totals>,
    /// How the filter line was understood, and what was not.
    pub filter: Vec<FilterChip>,
    /// Why they were read from the files instead of the index, if they were.
    pub without_index: Option<String>,
}

/// Sums over a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Totals {
    /// Sessions with at least one of the requests.
    pub sessions: u64,
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost.
    pub cost_usd: Option<f64>,
    /// Requests with tokens and without a known price: the cost lacks them.
    pub unpriced: u64,
}

/// A part of a filter line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct FilterChip {
    /// As it was typed: removing it from the line undoes it.
    pub text: String,
    /// Why it was not understood, and is ignored; none: it counts.
    pub problem: Option<String>,
}

/// Asks for `facets`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct FacetsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
}

/// The values that the filtered requests have, with how many have each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Facets {
    /// One for each key, in the order to show them: client, model, kind, status, project, host.
    pub facets: Vec<Facet>,
}

/// A key's values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Facet {
    /// The filter's key.
    pub key: String,
    /// The most frequent values, at most 20, most frequent first.
    pub values: Vec<FacetValue>,
}

/// A value and how many requests have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct FacetValue {
    /// The value, as a filter takes it.
    pub value: String,
    /// Requests.
    pub requests: u64,
}

/// Where a page of requests begins: behind this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestCursor {
    /// When it began.
    pub started_ms: i64,
    /// Its id.
    pub request_id: String,
}

/// Asks for `requests`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
    /// Only of this session.
    #[serde(default)]
    pub session: Option<String>,
    /// Where the page begins; none: at the latest.
    #[serde(default)]
    pub before: Option<RequestCursor>,
    /// At most so many, up to 1000.
    pub limit: u32,
}

/// A page of requests, latest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestPage {
    /// The requests.
    pub requests: Vec<RequestSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<RequestCursor>,
    /// Sums over all that the filter lets through. None: not on the first page.
    pub totals: Option<Totals>,
    /// How the filter line was understood, and what was not.
    pub filter: Vec<FilterChip>,
}

/// A request in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestSummary {
    /// Its id; made of session and position where the log has none.
    pub request_id: String,
    /// Its session.
    pub session: String,
    /// The first line a user wrote in that session.
    pub session_title: Option<String>,
    /// Its number in the session.
    pub seq: u64,
    /// `anthropic`, `openai`, `gemini`, `bedrock`.
    pub provider: String,
    /// The upstream, `host` or `host:port`.
    pub upstream: String,
    /// The method; empty when the request's line is lost.
    pub method: String,
    /// The path; empty likewise.
    pub path: String,
    /// What it asks for.
    pub kind: Kind,
    /// The program that asked.
    pub client: Option<String>,
    /// Its version.
    pub client_version: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The sub-agent that asked; none is the main one.
    pub agent: Option<String>,
    /// The folder that the agent works in.
    pub project: Option<String>,
    /// When its head was read.
    pub started: Timestamp,
    /// HTTP status; 0: no response came; none: it still runs, or the response's line is lost.
    pub status: Option<u16>,
    /// Whether it still runs.
    pub running: bool,
    /// How it ended; none while it runs, and in old logs.
    pub end: Option<EndKind>,
    /// Why the model stopped, in the API's word.
    pub stop_reason: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Its tokens; none: not told.
    pub tokens: Option<Tokens>,
    /// What it cost, where a price is known.
    pub cost_usd: Option<f64>,
    /// How long it took; none while it runs.
    pub timing: Option<Timing>,
    /// Wire bytes of its body.
    pub request_bytes: Option<u64>,
    /// Wire bytes of the response's body.
    pub response_bytes: Option<u64>,
}

/// Asks for `search`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SearchArgs {
    /// What to look for.
    pub query: String,
    /// Where the page begins.
    #[serde(default)]
    pub after: Option<SessionCursor>,
    /// At most so many sessions, up to 100.
    pub limit: u32,
}
