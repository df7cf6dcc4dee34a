//! From tokens and prices to money, in whole numbers, so that sums are exact.

use super::list::{Prices, Rate};
use crate::provider::Usage;

/// Trillionths of a dollar in a billionth.
const PICO_PER_NANO: u128 = 1000;

/// More than any answer costs: 10,000 US dollars. Whoever tells more tokens than that is not believed,
/// and cannot make sums overflow.
const MAX_NANOUSD: u128 = 10_000_000_000_000;

/// What an answer cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Billionths of a US dollar.
    pub nanousd: i64,
    /// What it is the sum of: only parts with tokens.
    pub parts: Vec<CostPart>,
}

/// Tokens of one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostPart {
    /// `input`, `cache_read`, `cache_write`, `cache_write_1h`, `output`.
    pub what: &'static str,
    /// How many.
    pub tokens: u64,
    rate: Rate,
}

impl CostPart {
    /// US dollars for a million tokens.
    pub fn usd_per_million(&self) -> f64 {
        self.rate.0 as f64 / 1e6
    }

    /// US dollars.
    pub fn cost_usd(&self) -> f64 {
        self.picousd() as f64 / 1e12
    }

    fn picousd(&self) -> u128 {
        u128::from(self.tokens) * u128::from(self.rate.0)
    }
}

/// Billionths of a US dollar in dollars.
pub fn usd(nanousd: i64) -> f64 {
    nanousd as f64 / 1e9
}

impl Cost {
    /// What tokens cost. `None` when none were told, or some have no price.
    pub(super) fn of(usage: Usage, prices: &Prices) -> Option<Self> {
        let parts = parts(usage, prices)?;
        let picousd: u128 = parts.iter().map(CostPart::picousd).sum();
        let nanousd = (picousd + PICO_PER_NANO / 2) / PICO_PER_NANO;
        let nanousd = i64::try_from(nanousd).ok().filter(|_| nanousd <= MAX_NANOUSD)?;
        Some(Self { nanousd, parts })
    }
}

/// The parts that have tokens. A provider that bills the cache's tokens like all input has no price of
/// its own for them. A price for writing that stands alone is the one for 5 minutes: what an hour costs
/// is not known then.
fn parts(usage: Usage, prices: &Prices) -> Option<Vec<CostPart>> {
    let told = [usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens];
    if told.iter().all(Option::is_none) {
        return None;
    }
    let [input, output, cache_read, cache_write] = told.map(|tokens| tokens.unwrap_or(0));
    let for_an_hour = usage.cache_write_1h_tokens.unwrap_or(0).min(cache_write);
    let all_input = input.saturating_add(cache_read).saturating_add(cache_write);
    let hour_price = match (&prices.cache_write_1h, &prices.cache_write) {
        (None, None) => &prices.input,
        (own, _) => own,
    };
    let counted = [
        ("input", input, prices.input.as_ref()),
        ("cache_read", cache_read, prices.cache_read.as_ref().or(prices.input.as_ref())),
        ("cache_write", cache_write - for_an_hour, prices.cache_write.as_ref().or(prices.input.as_ref())),
        ("cache_write_1h", for_an_hour, hour_price.as_ref()),
        ("output", output, prices.output.as_ref()),
    ];
    let there = counted.into_iter().filter(|(_, tokens, _)| *tokens > 0);
    there.map(|(what, tokens, price)| Some(CostPart { what, tokens, rate: price?.at(all_input) })).collect()
}
