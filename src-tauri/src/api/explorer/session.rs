//! One session, whole.

use super::call::{CallError, Front, on_disk};
use super::types::{PricedTurn, SessionArgs, SessionDetail};
use crate::api::query::view;
use crate::api::reading::Reading;
use crate::api::types::Turn;
use crate::index::may_run;

/// A session by its id, the beginning of its id, or `last`.
pub(super) async fn session(front: &Front, asked: &SessionArgs) -> Result<SessionDetail, CallError> {
    let archive = front.archive.clone();
    let file = archive.file_of(&asked.session).await?;
    let read = on_disk(move || archive.see(&file, u64::MAX, |reading| (view(reading), turns(reading))));
    let (Some(view), turns) = read.await?? else {
        return Err(CallError::NotFound(format!("no session `{}`", asked.session)));
    };
    let priced = |turn: Turn| PricedTurn::new(view.turn_cost_usd(&turn), turn);
    let turns = turns.into_iter().map(priced).collect();
    Ok(SessionDetail { turns, summary: view.summary, bad_lines: view.bad_lines })
}

/// The turns by the ids that lists give: old logs have none, and the index names them by their place.
fn turns(reading: &Reading) -> Vec<Turn> {
    let turns = reading.turns.so_far().iter().zip(reading.turns.places());
    turns.map(|(turn, place)| Turn { request_id: Some(id(reading, turn, *place)), ..turn.clone() }).collect()
}

/// The turn of the request that lists give this id.
pub(super) fn turn(reading: &Reading, request_id: &str) -> Option<Turn> {
    let mut turns = reading.turns.so_far().iter().zip(reading.turns.places());
    let (turn, _) = turns.find(|(turn, place)| id(reading, turn, **place) == request_id)?;
    Some(Turn { request_id: Some(request_id.to_owned()), ..turn.clone() })
}

impl PricedTurn {
    /// A turn as it is now.
    pub fn new(cost_usd: Option<f64>, turn: Turn) -> Self {
        let running = turn.status.is_none() && may_run(turn.started);
        Self { turn, cost_usd, running }
    }
}

fn id(reading: &Reading, turn: &Turn, place: u64) -> String {
    let session = reading.file.file_name().trim_end_matches(".jsonl");
    turn.request_id.clone().unwrap_or_else(|| format!("{session}@{place}"))
}
