//! The values that requests have, for the sidebar.

use super::call::{CallError, Front};
use super::types::{Facet, FacetValue, Facets, FacetsArgs};
use crate::index::facets::{Counted, facets as counted};
use crate::index::filter::{Line, Scope};
use crate::index::list::Chosen;

/// The most values of a key.
const MAX_VALUES: usize = 20;

/// The values of the filtered requests. Without any log there are none.
pub(super) async fn facets(front: &Front, asked: &FacetsArgs) -> Result<Facets, CallError> {
    let chosen = Chosen { line: Line::read(&asked.filter, Scope::Requests), ..Chosen::default() };
    let keys = match counted(front.archive.db(), &chosen, MAX_VALUES).await {
        Ok(keys) => keys,
        Err(_) if front.archive.is_empty() => Vec::new(),
        Err(error) => return Err(CallError::no_index(&front.archive, &error)),
    };
    let facet =
        |(key, values): (&str, Vec<Counted>)| Facet { key: key.to_owned(), values: values_of(values) };
    Ok(Facets { facets: keys.into_iter().map(facet).collect() })
}

/// Values and how many requests have each.
pub(super) fn values_of(counted: Vec<Counted>) -> Vec<FacetValue> {
    counted.into_iter().map(|one| FacetValue { value: one.value, requests: one.count }).collect()
}
