//! The price list, and how to find a model's prices in it.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::matching::{Clause, Pattern};
use crate::model::Timestamp;
use crate::provider::Provider;

/// The list, as `scripts/prices.mjs` makes it.
pub(super) const JSON: &str = include_str!("data/genai-prices.json");

/// A price, exact: trillionths of a US dollar for a token, which is millionths of a dollar for a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Rate(pub(super) u64);

/// More US dollars for a million tokens than any model costs.
const MAX_USD_PER_MILLION: f64 = 100_000.0;

impl TryFrom<f64> for Rate {
    type Error = &'static str;

    fn try_from(usd_per_million: f64) -> Result<Self, Self::Error> {
        if (0.0..=MAX_USD_PER_MILLION).contains(&usd_per_million) {
            Ok(Self((usd_per_million * 1e6).round() as u64))
        } else {
            Err("not a price")
        }
    }
}

/// All prices.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PriceList {
    /// Who made it.
    pub(super) source: String,
    /// The source's version.
    pub(super) version: String,
    /// When it was taken from there.
    pub(super) date: String,
    pub(super) providers: Vec<Seller>,
}

/// Who sells the use of models.
#[derive(Debug, Deserialize)]
pub(super) struct Seller {
    pub(super) id: String,
    api_pattern: Pattern,
    /// Whose prices hold for models that it has no own prices for.
    fallback_model_providers: Vec<String>,
    /// Exactly as many: a vector that grows keeps room for several more, a megabyte in all.
    pub(super) models: Box<[Model]>,
}

/// A model, or several that are sold alike.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(rename = "match")]
    clause: Clause,
    prices: Box<[Conditional]>,
}

/// Prices and when they hold. The last ones that do count.
#[derive(Debug, Deserialize)]
struct Conditional {
    constraint: Option<Constraint>,
    prices: Prices,
}

/// When prices hold.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Constraint {
    /// From a day on, `2026-01-05`.
    Since { start_date: String },
    /// Each day from a time, `16:30:00`, up to another, which may be on the next day. UTC.
    Daily { start_time: String, end_time: String },
}

/// What tokens cost. Without a price of their own, cached ones cost what other input does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    #[serde(rename = "input_mtok")]
    pub(super) input: Option<Price>,
    #[serde(rename = "output_mtok")]
    pub(super) output: Option<Price>,
    #[serde(rename = "cache_read_mtok")]
    pub(super) cache_read: Option<Price>,
    /// Kept for 5 minutes, or for as long as the provider always does.
    #[serde(rename = "cache_write_mtok")]
    pub(super) cache_write: Option<Price>,
    /// Kept for an hour.
    #[serde(rename = "cache_write_1h_mtok")]
    pub(super) cache_write_1h: Option<Price>,
}

/// A price that may depend on how long the input is.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Price {
    Flat(Rate),
    /// The last tier that the input is longer than holds for all tokens, not only for those beyond.
    Tiered {
        base: Rate,
        tiers: Vec<Tier>,
    },
}

/// A price for input of more than `start` tokens.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Tier {
    start: u64,
    price: Rate,
}

impl Price {
    /// The price when the whole input, cached or not, has so many tokens.
    pub(super) fn at(&self, all_input_tokens: u64) -> Rate {
        match self {
            Self::Flat(rate) => *rate,
            Self::Tiered { base, tiers } => {
                let tier =
                    tiers.iter().filter(|tier| all_input_tokens > tier.start).max_by_key(|tier| tier.start);
                tier.map_or(*base, |tier| tier.price)
            }
        }
    }
}

impl PriceList {
    /// The one in the program, read when it is first asked for. A list that cannot be read is empty;
    /// a test holds that it can.
    pub(super) fn embedded() -> &'static Self {
        static LIST: LazyLock<PriceList> = LazyLock::new(|| PriceList::parse(JSON).unwrap_or_default());
        &LIST
    }

    pub(super) fn parse(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// What `model` cost at a moment.
    pub(super) fn prices(
        &self,
        provider: Provider,
        upstream: &str,
        model: &str,
        at: Timestamp,
    ) -> Option<&Prices> {
        let seller = self.seller(provider, upstream)?;
        let name = plain_name(model);
        let model = self.model(seller, &name).or_else(|| self.model(seller, &with_dashed_date(&name)?))?;
        model.prices_at(at)
    }

    /// Who answers at a host. Amazon has more hosts for Bedrock than the list knows.
    fn seller(&self, provider: Provider, upstream: &str) -> Option<&Seller> {
        let host = upstream.strip_suffix(":443").unwrap_or(upstream);
        let url = format!("https://{host}/");
        self.providers.iter().find(|seller| seller.api_pattern.is_beginning_of(&url)).or_else(|| {
            let is_amazon = provider == Provider::Bedrock && host.ends_with(".amazonaws.com");
            self.by_id("aws").filter(|_| is_amazon)
        })
    }

    fn by_id(&self, id: &str) -> Option<&Seller> {
        self.providers.iter().find(|seller| seller.id == id)
    }

    fn model<'a>(&'a self, seller: &'a Seller, name: &str) -> Option<&'a Model> {
        let others = seller.fallback_model_providers.iter().filter_map(|id| self.by_id(id));
        let mut models = std::iter::once(seller).chain(others).flat_map(|seller| &seller.models);
        models.find(|model| model.clause.fits(name))
    }
}

impl Model {
    /// The prices at a moment; the oldest ones when no others hold yet.
    fn prices_at(&self, at: Timestamp) -> Option<&Prices> {
        let holding = self
            .prices
            .iter()
            .rev()
            .find(|one| one.constraint.as_ref().is_none_or(|constraint| constraint.holds(at)));
        holding.or(self.prices.first()).map(|one| &one.prices)
    }
}

impl Constraint {
    /// Days and times compare as their texts do.
    fn holds(&self, at: Timestamp) -> bool {
        match self {
            Self::Since { start_date } => at.date() >= *start_date,
            Self::Daily { start_time, end_time } => {
                let time = at.time();
                let (begun, over) = (time >= *start_time, time >= *end_time);
                if start_time <= end_time { begun && !over } else { begun || !over }
            }
        }
    }
}

/// The name itself, in lower case: of `models/…`, as Google writes it, and of Amazon's `arn:…/…`.
fn plain_name(model: &str) -> String {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let name = if name.starts_with("arn:") { name.rsplit('/').next().unwrap_or(name) } else { name };
    name.to_lowercase()
}

/// `gpt-5.2-2025-12-11` of `gpt-5.2-20251211`, as gateways write it.
fn with_dashed_date(name: &str) -> Option<String> {
    static COMPACT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(:|-|$)").ok());
    let compact = COMPACT.as_ref()?;
    compact.is_match(name).then(|| compact.replace(name, "-$1-$2-$3$4").into_owned())
}
