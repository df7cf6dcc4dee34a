//! Sums over time.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use super::lists::{FacetValue, Totals};
use crate::api::types::Tokens;

/// Asks for `stats`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct StatsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
    /// From here,
    pub from_ms: i64,
    /// to here, exclusive.
    pub to_ms: i64,
    /// Minutes that local time is ahead of UTC: days begin at local midnight.
    pub utc_offset_min: i32,
}

/// Sums over a span of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Stats {
    /// Over the whole span.
    pub totals: Totals,
    /// Over the span of the same length before it.
    pub before: Totals,
    /// For each day and model.
    pub days: Vec<DayStats>,
    /// Time to the first byte.
    pub ttfb_ms: Quantiles,
    /// Time to the end.
    pub total_ms: Quantiles,
    /// Failed requests by kind: a status such as `529`, or how they ended.
    pub errors: Vec<FacetValue>,
    /// Those that cost most, at most 20 each.
    pub models: Vec<StatsRow>,
    /// Likewise.
    pub clients: Vec<StatsRow>,
    /// Likewise.
    pub projects: Vec<StatsRow>,
    /// Likewise, by session id; `title` says more.
    pub sessions: Vec<StatsRow>,
    /// Tool calls by tool, most called first, at most 20.
    pub tools: Vec<FacetValue>,
}

/// A day's sums for a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct DayStats {
    /// `YYYY-MM-DD`, local.
    pub day: String,
    /// The model; empty: none named.
    pub model: String,
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost.
    pub cost_usd: Option<f64>,
}

/// Of a set of durations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Quantiles {
    /// Half take no longer; none: there are none.
    pub p50: Option<u64>,
    /// 95 % take no longer.
    pub p95: Option<u64>,
}

/// A row of a table of sums.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct StatsRow {
    /// The value, as a filter takes it.
    pub name: String,
    /// In words, where the name is an id.
    pub title: Option<String>,
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost.
    pub cost_usd: Option<f64>,
}
