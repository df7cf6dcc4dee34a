//! `show`: a session as a conversation, or its turns as JSON.

use std::process::ExitCode;

use super::arguments::ShowArguments;
use super::{Context, output, transcript, wait};
use crate::api::explorer::types::PricedTurn;
use crate::api::query::Archive;
use crate::api::types::SessionView;

pub(super) fn run(context: &Context, arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let config = context.config()?;
    let view = wait(async { Archive::open(&config.log_dir).session(&arguments.session).await })??;
    if view.bad_lines > 0 {
        output::note(&format!("{} lines of {} are damaged and left out", view.bad_lines, view.summary.file));
    }
    if arguments.json {
        output::json(&priced(view))?;
    } else {
        output::answer(&transcript::text(&view))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn priced(view: SessionView) -> Vec<PricedTurn> {
    let costs: Vec<Option<f64>> = view.turns.iter().map(|turn| view.turn_cost_usd(turn)).collect();
    view.turns.into_iter().zip(costs).map(|(turn, cost_usd)| PricedTurn::new(cost_usd, turn)).collect()
}
