//! What an answer costs, by a price list that is part of the program (`data/`, with its source and
//! licence). List prices: no discount for batches, no plan that a user pays by the month, no searches
//! or other things that the provider charges beside tokens.
//!
//! Nothing is guessed. A host or a model that the list does not have costs `None`, and so does an answer
//! with tokens of a kind that the list has no price for.

mod cost;
mod list;
mod matching;

pub use cost::{Cost, CostPart, usd};

use super::{Provider, Usage};
use crate::model::Timestamp;
use list::PriceList;

/// How the list is read. Goes up when a cost comes out differently from the same list.
const RULES: u32 = 1;

/// What an answer of `model` at `upstream` cost that was asked for at `at`. `None` when no price is known,
/// or no tokens were told.
pub fn cost(provider: Provider, upstream: &str, model: &str, at: Timestamp, usage: Usage) -> Option<Cost> {
    let prices = PriceList::embedded().prices(provider, upstream, model, at)?;
    Cost::of(usage, prices)
}

/// Names the price list and the rules for reading it: costs of another version are to be computed again.
pub fn version() -> String {
    format!("{}/{RULES}", PriceList::embedded().version)
}

/// Where the list is from, of which version and of what day.
pub fn source() -> String {
    let list = PriceList::embedded();
    format!("{} {} of {}", list.source, list.version, list.date)
}

#[cfg(test)]
mod tests;
