//! Sums over a span of time.

use std::collections::HashMap;
use std::ops::Range;

use super::call::{CallError, Front};
use super::facets::values_of;
use super::summary::totals;
use super::types::{DayStats, Quantiles, Stats, StatsArgs, StatsRow};
use crate::api::query::tokens_of_row;
use crate::db::Db;
use crate::index::filter::{Line, Scope};
use crate::index::list::{Chosen, totals as sums};
use crate::index::query::Result as Answer;
use crate::index::stats::{By, Day, Group, days, durations, errors, groups, titles, tools};
use crate::model::Timestamp;
use crate::provider::prices::usd;

/// The most rows of a table.
const MAX_ROWS: u32 = 20;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60 * 1000;

/// Sums over the span, and over the one of the same length before it.
pub(super) async fn stats(front: &Front, asked: &StatsArgs) -> Result<Stats, CallError> {
    if asked.from_ms >= asked.to_ms {
        return Err(CallError::BadCall("`from_ms` has to be before `to_ms`".to_owned()));
    }
    let line = Line::read(&asked.filter, Scope::Requests);
    let of = |began_ms: Range<i64>| Chosen { line: line.clone(), session: None, began_ms: Some(began_ms) };
    let earlier = asked.from_ms.saturating_sub(asked.to_ms.saturating_sub(asked.from_ms))..asked.from_ms;
    let (span, before) = (of(asked.from_ms..asked.to_ms), of(earlier));
    match counted(front.archive.db(), &span, &before, asked.utc_offset_min).await {
        Ok(stats) => Ok(stats),
        Err(_) if front.archive.is_empty() => Ok(Stats::default()),
        Err(error) => Err(CallError::no_index(&front.archive, &error)),
    }
}

async fn counted(db: &Db, span: &Chosen, before: &Chosen, utc_offset_min: i32) -> Answer<Stats> {
    let utc_offset_ms = i64::from(utc_offset_min) * MINUTE_MS;
    let (first_bytes, ends): (Vec<u64>, Vec<u64>) = durations(db, span).await?.into_iter().unzip();
    Ok(Stats {
        totals: totals(sums(db, span).await?),
        before: totals(sums(db, before).await?),
        days: days(db, span, utc_offset_ms).await?.into_iter().map(day).collect(),
        ttfb_ms: quantiles(first_bytes),
        total_ms: quantiles(ends),
        errors: values_of(errors(db, span, MAX_ROWS).await?),
        models: rows(db, span, By::Model).await?,
        clients: rows(db, span, By::Client).await?,
        projects: rows(db, span, By::Project).await?,
        sessions: sessions(db, span).await?,
        tools: values_of(tools(db, span, MAX_ROWS).await?),
    })
}

async fn rows(db: &Db, span: &Chosen, by: By) -> Answer<Vec<StatsRow>> {
    Ok(groups(db, span, by, MAX_ROWS).await?.into_iter().map(row).collect())
}

async fn sessions(db: &Db, span: &Chosen) -> Answer<Vec<StatsRow>> {
    let mut rows = rows(db, span, By::Session).await?;
    let ids: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut titles: HashMap<String, Option<String>> = titles(db, &ids).await?.into_iter().collect();
    for row in &mut rows {
        row.title = titles.remove(&row.name).flatten();
    }
    Ok(rows)
}

fn row(group: Group) -> StatsRow {
    StatsRow {
        name: group.name,
        title: None,
        requests: group.requests,
        tokens: tokens_of_row(group.tokens),
        cost_usd: group.cost_nanousd.map(usd),
    }
}

fn day(day: Day) -> DayStats {
    DayStats {
        day: Timestamp::from_unix_ms(day.day.saturating_mul(DAY_MS)).date(),
        model: day.group.name,
        requests: day.group.requests,
        tokens: tokens_of_row(day.group.tokens),
        cost_usd: day.group.cost_nanousd.map(usd),
    }
}

/// The smallest values that half and 95 of a hundred do not exceed.
fn quantiles(mut values: Vec<u64>) -> Quantiles {
    values.sort_unstable();
    let at = |percent: usize| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Quantiles { p50: at(50), p95: at(95) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        assert_eq!(quantiles(Vec::new()), Quantiles { p50: None, p95: None });
        assert_eq!(quantiles(vec![7]), Quantiles { p50: Some(7), p95: Some(7) });
        assert_eq!(quantiles(vec![2, 1]), Quantiles { p50: Some(1), p95: Some(2) });
        assert_eq!(quantiles((1..=100).rev().collect()), Quantiles { p50: Some(50), p95: Some(95) });
    }
}
