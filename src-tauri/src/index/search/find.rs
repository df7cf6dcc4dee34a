//! Finds the texts that have the words of a search, and tells which are the best.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::plan::{Budget, Plan};
use super::{Search, statement};
use crate::index::filter::Word;
use crate::index::query::{Before, Result};

/// Sessions that are looked at in one go, at most.
const MOST_AT_A_TIME: u32 = 2_560;

/// Texts of other sessions that are rather looked at in vain than to begin anew behind them.
const NEAR: i64 = 500;

/// Words of a text that are marked for each beginning that was searched for.
const MARKED: usize = 8;

/// Sessions with texts that fit, latest first.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) sessions: Vec<Fitting>,
    /// The last session that was looked at, when enough was looked at before the page was full.
    pub(super) stopped: Option<Before>,
}

/// A session and its texts that fit.
#[derive(Debug)]
pub(super) struct Fitting {
    pub(super) session: Before,
    pub(super) texts: Vec<Text>,
    /// Whether more than these may fit.
    pub(super) has_more: bool,
}

/// What ranks a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) id: i64,
    seq: i64,
    bytes: i64,
}

fn text(row: &SqliteRow) -> Result<Text> {
    Ok(Text { id: row.try_get("id")?, seq: row.try_get("seq")?, bytes: row.try_get("bytes")? })
}

fn fits(row: &SqliteRow, plan: &Plan) -> Result<bool> {
    let text: Option<&str> = row.try_get("text")?;
    Ok(row.try_get("fits")? && text.is_none_or(|text| plan.fits(text)))
}

/// All texts are looked up that have the words: they are few.
pub(super) async fn among_all(
    connection: &mut SqliteConnection,
    search: &Search,
    plan: &Plan,
    limit: u32,
    after: Option<&Before>,
) -> Result<Page> {
    let mut found: HashMap<String, (i64, Vec<Text>)> = HashMap::new();
    let mut sql = statement::few(search, plan, after);
    let mut rows = sql.build().fetch(connection);
    while let Some(row) = rows.try_next().await? {
        if fits(&row, plan)? {
            let (last_ms, texts) = found.entry(row.try_get("session")?).or_default();
            *last_ms = row.try_get("last_ms")?;
            texts.push(text(&row)?);
        }
    }
    let fitting =
        |(id, (last_ms, texts))| Fitting { session: Before { last_ms, id }, texts, has_more: false };
    let mut sessions: Vec<Fitting> = found.into_iter().map(fitting).collect();
    sessions.sort_unstable_by(|one, other| {
        (other.session.last_ms, &other.session.id).cmp(&(one.session.last_ms, &one.session.id))
    });
    sessions.truncate(limit as usize);
    Ok(Page { sessions, stopped: None })
}

/// Some sessions are looked at after others, the latest first: when most have the words, that is far less than
/// looking at all texts with them. Ends when the budget is spent, too.
pub(super) async fn by_session(
    connection: &mut SqliteConnection,
    search: &Search,
    plan: &Plan,
    limit: u32,
    after: Option<&Before>,
    mut budget: Budget,
) -> Result<Page> {
    let mut page = Page::default();
    let mut last = after.cloned();
    let mut step = budget.first_sessions;
    while budget.sessions > 0 && budget.texts > 0 && budget.bytes > 0 {
        let rows = statement::walk(search, step, last.as_ref()).build().fetch_all(&mut *connection).await?;
        let mut candidates = rows.iter().map(Candidate::new).collect::<Result<Vec<_>>>()?;
        look_at(connection, search, plan, &mut candidates, &mut budget).await?;
        for Candidate { fitting, .. } in candidates {
            if page.sessions.len() >= limit as usize {
                return Ok(page);
            }
            last = Some(fitting.session.clone());
            let is_last = fitting.has_more;
            page.sessions.extend((!fitting.texts.is_empty()).then_some(fitting));
            // Of those behind it nobody knows whether they have been looked at.
            if is_last {
                page.stopped = last;
                return Ok(page);
            }
        }
        if rows.len() < step as usize {
            return Ok(page);
        }
        budget.sessions = budget.sessions.saturating_sub(step);
        step = step.saturating_mul(2).min(MOST_AT_A_TIME);
    }
    page.stopped = last;
    Ok(page)
}

/// A session that may have what is searched for.
struct Candidate {
    fitting: Fitting,
    /// The ids from its first text to its last, if it has any. Texts of other sessions may lie between.
    ids: Option<RangeInclusive<i64>>,
}

impl Candidate {
    fn new(row: &SqliteRow) -> Result<Self> {
        let (first, last): (Option<i64>, Option<i64>) = (row.try_get("first")?, row.try_get("last")?);
        let session = Before { last_ms: row.try_get("last_ms")?, id: row.try_get("id")? };
        let fitting = Fitting { session, texts: Vec::new(), has_more: false };
        Ok(Self { fitting, ids: first.zip(last).map(|(first, last)| first..=last) })
    }
}

/// Looks at the texts of these sessions. FTS5 is slow to begin, and quick to go on: sessions whose texts lie near each
/// other are looked at in one go.
async fn look_at(
    connection: &mut SqliteConnection,
    search: &Search,
    plan: &Plan,
    candidates: &mut [Candidate],
    budget: &mut Budget,
) -> Result<()> {
    let places: HashMap<String, usize> =
        candidates.iter().enumerate().map(|(at, one)| (one.fitting.session.id.clone(), at)).collect();
    for (ids, sessions) in spans(candidates.iter().filter_map(|one| one.ids.clone()).collect(), NEAR) {
        let most = budget.texts_of_session.saturating_mul(sessions).min(budget.texts);
        let mut sql = statement::among(search, plan, ids.clone(), most);
        let mut rows = sql.build().fetch(&mut *connection);
        // All was looked at from this one on. None yet.
        let mut from = i64::MAX;
        let mut looked = 0;
        loop {
            if looked == most || budget.bytes == 0 {
                break;
            }
            let Some(row) = rows.try_next().await? else {
                from = *ids.start();
                break;
            };
            looked += 1;
            let text = text(&row)?;
            from = text.id;
            let Some(at) = places.get(row.try_get::<&str, _>("session")?) else { continue };
            if plan.reads_texts() {
                budget.bytes = budget.bytes.saturating_sub(usize::try_from(text.bytes).unwrap_or_default());
            }
            if fits(&row, plan)? {
                candidates[*at].fitting.texts.push(text);
            }
        }
        budget.texts = budget.texts.saturating_sub(looked);
        for candidate in candidates.iter_mut() {
            let begins = candidate.ids.as_ref().map(|ids| *ids.start());
            candidate.fitting.has_more |= begins.is_some_and(|begins| ids.contains(&begins) && begins < from);
        }
    }
    Ok(())
}

/// Spans of ids that lie `near` each other, the newest first, and how many they were put together from.
fn spans(mut all: Vec<RangeInclusive<i64>>, near: i64) -> Vec<(RangeInclusive<i64>, u32)> {
    all.sort_unstable_by_key(|ids| *ids.start());
    let mut spans: Vec<(RangeInclusive<i64>, u32)> = Vec::new();
    for ids in all {
        match spans.last_mut() {
            Some((span, count)) if ids.start() - span.end() <= near => {
                *span = *span.start()..=*span.end().max(ids.end());
                *count += 1;
            }
            Some(_) | None => spans.push((ids, 1)),
        }
    }
    spans.reverse();
    spans
}

/// The best texts of each session, best first, at most `shown` of them.
pub(super) async fn rank(
    connection: &mut SqliteConnection,
    plan: &Plan,
    sessions: &mut [Fitting],
    shown: usize,
) -> Result<()> {
    let mut ranks: HashMap<i64, f64> = HashMap::new();
    if !plan.ranking.is_empty() {
        let ids: Vec<i64> = sessions.iter().flat_map(|one| one.texts.iter().map(|text| text.id)).collect();
        let ranked: Vec<(i64, f64)> =
            statement::ranks(&plan.ranking, &ids).build_query_as().fetch_all(connection).await?;
        ranks.extend(ranked);
    }
    for one in sessions {
        one.texts.sort_by(|one, other| {
            let by_rank = match (ranks.get(&one.id), ranks.get(&other.id)) {
                (Some(one), Some(other)) => one.total_cmp(other),
                // Nothing else tells them apart, and short ones say it most densely.
                (None, _) | (_, None) => one.bytes.cmp(&other.bytes),
            };
            by_rank.then((one.seq, one.id).cmp(&(other.seq, other.id)))
        });
        one.texts.truncate(shown);
    }
    Ok(())
}

/// What is shown of these texts, by their ids.
pub(super) async fn hits(
    connection: &mut SqliteConnection,
    search: &Search,
    plan: &Plan,
    ids: Vec<i64>,
) -> Result<Vec<SqliteRow>> {
    if plan.reads_texts() {
        let marked = marked(connection, plan, &ids).await?;
        return statement::hits_of_each(&marked).build().fetch_all(connection).await;
    }
    // Few texts with the words lie between them, however far they are apart.
    let near = if plan.is_few { i64::MAX } else { NEAR };
    let mut rows = Vec::new();
    for (span, _) in spans(ids.iter().map(|id| *id..=*id).collect(), near) {
        let ids: Vec<i64> = ids.iter().copied().filter(|id| span.contains(id)).collect();
        rows.extend(statement::hits(&search.words, &ids).build().fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

/// What is to be marked in each of these texts: one of the words of each list.
async fn marked(
    connection: &mut SqliteConnection,
    plan: &Plan,
    ids: &[i64],
) -> Result<Vec<(i64, Vec<Vec<Word>>)>> {
    let words = plan.words.iter().filter(|word| !word.excluded).map(|word| vec![word.clone()]);
    let words: Vec<Vec<Word>> = words.collect();
    let mut marked: Vec<(i64, Vec<Vec<Word>>)> = ids.iter().map(|id| (*id, words.clone())).collect();
    if !plan.reads_texts() {
        return Ok(marked);
    }
    let texts: HashMap<i64, String> =
        statement::texts_of(ids).build_query_as().fetch_all(connection).await?.into_iter().collect();
    for (id, words) in &mut marked {
        let text = texts.get(id).map_or("", String::as_str);
        words.extend(plan.beginnings.iter().filter(|beginning| !beginning.excluded).map(|beginning| {
            let found = beginning.found(text).take(MARKED);
            found.map(|word| Word { text: word.to_owned(), prefix: false, excluded: false }).collect()
        }));
    }
    Ok(marked)
}
