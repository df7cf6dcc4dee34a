//! Which values the chosen exchanges have, and how many have each.

use std::collections::HashMap;

use sqlx::QueryBuilder;

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
    let mut sql =
        QueryBuilder::new("select e.client_name, e.model, e.kind, e.status, e.project, e.upstream, count(*)");
    chosen.push_from(&mut sql);
    // Combinations are few: one pass over the exchanges counts all values.
    sql.push(" group by 1, 2, 3, 4, 5, 6");
    let combinations: Vec<Combination> = sql.build_query_as().fetch_all(&db.readers()).await?;
    let mut counts: [(&str, HashMap<String, u64>); 6] =
        ["client", "model", "kind", "status", "project", "host"].map(|key| (key, HashMap::new()));
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

fn most_frequent(counts: HashMap<String, u64>, limit: usize) -> Vec<Counted> {
    let mut values: Vec<Counted> =
        counts.into_iter().map(|(value, count)| Counted { value, count }).collect();
    values.sort_by(|one, other| (other.count, &one.value).cmp(&(one.count, &other.value)));
    values.truncate(limit);
    values
}
