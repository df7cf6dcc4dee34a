//! What turns cost, for those that read a session's file, and the parts of a cost as front ends get them.

use super::explorer::types as explorer;
use super::types::{SessionView, Turn};
use crate::provider::Provider;
use crate::provider::prices::{self, Cost, CostPart, usd};

impl SessionView {
    /// What a turn of it cost, as the index has it; none where no price is known.
    pub fn cost_of(&self, turn: &Turn) -> Option<Cost> {
        let provider = Provider::from_name(&self.summary.provider)?;
        prices::cost(provider, &self.summary.upstream, turn.model.as_deref()?, turn.started, turn.usage?)
    }

    /// The same in US dollars.
    pub fn turn_cost_usd(&self, turn: &Turn) -> Option<f64> {
        self.cost_of(turn).map(|cost| usd(cost.nanousd))
    }
}

/// The sum in US dollars; none of none. Taken in whole numbers, as the index does.
pub(super) fn sum(costs: impl Iterator<Item = Cost>) -> Option<f64> {
    costs.map(|cost| cost.nanousd).reduce(i64::saturating_add).map(usd)
}

impl From<CostPart> for explorer::CostPart {
    fn from(part: CostPart) -> Self {
        Self {
            what: part.what.to_owned(),
            tokens: part.tokens,
            usd_per_million: part.usd_per_million(),
            cost_usd: part.cost_usd(),
        }
    }
}
