//! Pages of sessions and of requests.

use super::call::{CallError, Front};
use super::summary::{chips, request_summary, totals};
use super::types::{
    RequestCursor, RequestPage, RequestSummary, RequestsArgs, SessionOrder, SessionPage, SessionPlace,
    SessionsArgs, Totals,
};
use crate::api::query::{Archive, summary_of_row};
use crate::index::filter::{Line, Scope};
use crate::index::list::{self as index, Chosen, Order};
use crate::index::query::Session;

/// The most sessions of a page.
const MAX_SESSIONS: u32 = 500;

/// The most requests of a page.
const MAX_REQUESTS: u32 = 1000;

/// A page of sessions. Without an index it is the latest ones from the files, whatever the filter.
pub(super) async fn sessions(front: &Front, asked: &SessionsArgs) -> Result<SessionPage, CallError> {
    let line = Line::read(&asked.filter, Scope::Requests);
    let limit = asked.limit.clamp(1, MAX_SESSIONS);
    let order = order_of(asked.order);
    match indexed_sessions(&front.archive, &line, order, asked.before.as_ref(), limit).await {
        Ok((mut rows, totals)) => {
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let place =
                |last: &Session| SessionPlace { amount: order.amount(last), session: last.id.clone() };
            let next = rows.last().filter(|_| more).map(place);
            let sessions = rows.into_iter().filter_map(summary_of_row).collect();
            Ok(SessionPage { sessions, next, totals, filter: chips(&line), without_index: None })
        }
        Err(_) => {
            let listed = front.archive.sessions(limit).await?;
            let (sessions, without_index) = (listed.sessions, listed.without_index);
            Ok(SessionPage { sessions, next: None, totals: None, filter: chips(&line), without_index })
        }
    }
}

/// One session more than `limit` where there are more.
async fn indexed_sessions(
    archive: &Archive,
    line: &Line,
    order: Order,
    before: Option<&SessionPlace>,
    limit: u32,
) -> Result<(Vec<Session>, Option<Totals>), sqlx::Error> {
    let at = before.map(|before| (before.amount, before.session.as_str()));
    let chosen = Chosen { line: line.clone(), ..Chosen::default() };
    let totals = first_page_totals(archive, &chosen, before.is_none()).await?;
    if !line.is_empty() && have_nothing(totals.as_ref()) {
        return Ok((Vec::new(), totals));
    }
    let rows = index::sessions(archive.db(), line, order, at, limit + 1).await?;
    Ok((rows, totals))
}

/// Whether it is known that a page is empty: looking for it would be a second look at all exchanges.
fn have_nothing(totals: Option<&Totals>) -> bool {
    totals.is_some_and(|totals| totals.requests == 0)
}

fn order_of(order: SessionOrder) -> Order {
    match order {
        SessionOrder::Last => Order::Last,
        SessionOrder::Requests => Order::Requests,
        SessionOrder::Tokens => Order::Tokens,
        SessionOrder::Cost => Order::Cost,
    }
}

/// A page of requests.
pub(super) async fn requests(front: &Front, asked: RequestsArgs) -> Result<RequestPage, CallError> {
    let archive = &front.archive;
    let line = Line::read(&asked.filter, Scope::Requests);
    let filter = chips(&line);
    let chosen = Chosen { line, session: asked.session, began_ms: None };
    let limit = asked.limit.clamp(1, MAX_REQUESTS);
    match indexed_requests(archive, &chosen, asked.before.as_ref(), limit).await {
        Ok((mut requests, totals)) => {
            let more = requests.len() > limit as usize;
            requests.truncate(limit as usize);
            let next = requests.last().filter(|_| more).map(|last| RequestCursor {
                started_ms: last.started.unix_ms(),
                request_id: last.request_id.clone(),
            });
            Ok(RequestPage { requests, next, totals, filter })
        }
        Err(_) if archive.is_empty() => {
            Ok(RequestPage { requests: Vec::new(), next: None, totals: Some(Totals::default()), filter })
        }
        Err(error) => Err(CallError::no_index(archive, &error)),
    }
}

/// One request more than `limit` where there are more.
async fn indexed_requests(
    archive: &Archive,
    chosen: &Chosen,
    before: Option<&RequestCursor>,
    limit: u32,
) -> Result<(Vec<RequestSummary>, Option<Totals>), sqlx::Error> {
    let at = before.map(|before| (before.started_ms, before.request_id.as_str()));
    let totals = first_page_totals(archive, chosen, before.is_none()).await?;
    if have_nothing(totals.as_ref()) {
        return Ok((Vec::new(), totals));
    }
    let rows = index::requests(archive.db(), chosen, at, limit + 1).await?;
    Ok((rows.into_iter().map(request_summary).collect(), totals))
}

async fn first_page_totals(
    archive: &Archive,
    chosen: &Chosen,
    is_first: bool,
) -> Result<Option<Totals>, sqlx::Error> {
    if !is_first {
        return Ok(None);
    }
    index::totals(archive.db(), chosen).await.map(totals).map(Some)
}
