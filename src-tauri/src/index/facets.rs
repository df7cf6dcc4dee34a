//! Which values the chosen exchanges have, and how many have each.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite};

use super::filter::{Scope, push_conditions};
use super::list::Chosen;
use super::query::Result;
use crate::db::Db;

/// How many exchanges have a combination of values: client, model, kind, status, project, upstream.
type Combination = (Option<String>, Option<String>, Option<String>, Option<i64>, Option<String>, String, i64);

/// A value, and how many exchanges have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The value.
    pub value: String,
    /// Exchanges.
    pub count: u64,
}

/// The values of the chosen exchanges by the filter's key: at most `limit` of each, most frequent first.
pub async fn facets(db: &Db, chosen: &Chosen, limit: usize) -> Result<Vec<(&'static str, Vec<Counted>)>> {
    let mut counts: [(&str, HashMap<String, u64>); 6] =
        ["client", "model", "kind", "status", "project", "host"].map(|key| (key, HashMap::new()));
    let combinations: Vec<Combination> = match chosen.is_ruled_out(db).await? {
        true => Vec::new(),
        false => combinations_sql(chosen).build_query_as().fetch_all(&db.readers()).await?,
    };
    for (client, model, kind, status, project, upstream, count) in combinations {
        let status = status.map(|status| status.to_string());
        let values = [client, model, kind, status, project, Some(upstream)];
        for ((_, counts), value) in counts.iter_mut().zip(values) {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                *counts.entry(value).or_default() += count.unsigned_abs();
            }
        }
    }
    Ok(counts.map(|(key, counts)| (key, most_frequent(counts, limit))).into())
}

/// Combinations are few, and counted as exchanges come. Only where more is asked than they tell, the exchanges
/// themselves are looked at, in one pass.
pub(super) fn combinations_sql(chosen: &Chosen) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::new("select e.client_name, e.model, e.kind, e.status, e.project, e.upstream, ");
    if chosen.is_of_facets() {
        sql.push("e.requests from facets e where e.requests > 0");
        push_conditions(&mut sql, &chosen.line.conditions, Scope::Requests);
    } else {
        sql.push("count(*)");
        chosen.push_from(&mut sql);
        sql.push(" group by 1, 2, 3, 4, 5, 6");
    }
    sql
}

fn most_frequent(counts: HashMap<String, u64>, limit: usize) -> Vec<Counted> {
    let mut values: Vec<Counted> =
        counts.into_iter().map(|(value, count)| Counted { value, count }).collect();
    values.sort_by(|one, other| (other.count, &one.value).cmp(&(one.count, &other.value)));
    values.truncate(limit);
    values
}
