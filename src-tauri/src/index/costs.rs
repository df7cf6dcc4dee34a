//! What exchanges cost: a function of their rows, so that it does not matter which of a row's halves
//! came when, and rows of a time with other prices, or none, can be filled again.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, FromRow, QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::tables::{ROWS_PER_STATEMENT, sum_up};
use crate::model::Timestamp;
use crate::provider::prices::{self, Cost};
use crate::provider::{Provider, Usage};

/// Sessions that are filled again in one transaction: lines that are written meanwhile wait for it.
const SESSIONS_PER_COMMIT: u32 = 10;

/// What an exchange's cost depends on, and the cost that its row has.
struct Priced {
    request_id: String,
    provider: String,
    upstream: String,
    model: Option<String>,
    started_ms: i64,
    usage: Usage,
    nanousd: Option<i64>,
}

/// Reads [`Priced`] from the rows for which what follows holds. By column, because each one that is asked for is
/// copied on the way from SQLite's thread.
const PRICED: &str = "select request_id, provider, upstream, model, started_ms, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, cost_nanousd from exchanges where ";

/// Sets the costs of exchanges whose rows changed.
pub(super) async fn fill(connection: &mut SqliteConnection, request_ids: &[&str]) -> Result<(), sqlx::Error> {
    for some in request_ids.chunks(ROWS_PER_STATEMENT) {
        let mut query = QueryBuilder::<Sqlite>::new(PRICED);
        query.push("request_id in (");
        let mut ids = query.separated(", ");
        for id in some {
            ids.push_bind((*id).to_owned());
        }
        let rows: Vec<Priced> = query.push(")").build_query_as().fetch_all(&mut *connection).await?;
        set(connection, &rows).await?;
    }
    Ok(())
}

/// Where to begin when all costs are to be set again, because another price list set them last, or none
/// did; `None` when they need not.
pub(super) async fn refill_from(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let filled_by: Option<String> =
        sqlx::query_scalar("select version from price_lists").fetch_optional(&mut *connection).await?;
    if filled_by.is_some_and(|version| version == prices::version()) {
        return Ok(None);
    }
    let there_are_rows: bool =
        sqlx::query_scalar("select exists (select 1 from sessions)").fetch_one(&mut *connection).await?;
    if there_are_rows {
        return Ok(Some(String::new()));
    }
    note_version(connection).await?;
    Ok(None)
}

/// Sets the costs of a few sessions behind `after` again, and returns the last of them; `None` when there
/// are no more.
pub(super) async fn refill(
    connection: &mut SqliteConnection,
    after: &str,
) -> Result<Option<String>, sqlx::Error> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    let sessions: Vec<String> =
        sqlx::query_scalar("select id from sessions where id > ?1 order by id limit ?2")
            .bind(after.to_owned())
            .bind(SESSIONS_PER_COMMIT)
            .fetch_all(&mut *transaction)
            .await?;
    for session in &sessions {
        refill_session(&mut transaction, session).await?;
    }
    let last = sessions.into_iter().next_back();
    if last.is_none() {
        note_version(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(last)
}

async fn refill_session(connection: &mut SqliteConnection, session: &str) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new(PRICED);
    query.push("session = ").push_bind(session.to_owned());
    let rows: Vec<Priced> = query.build_query_as().fetch_all(&mut *connection).await?;
    for some in rows.chunks(ROWS_PER_STATEMENT) {
        set(connection, some).await?;
    }
    sum_up(session).execute(connection).await.map(drop)
}

async fn note_version(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query("delete from price_lists").execute(&mut *transaction).await?;
    sqlx::query("insert into price_lists (version) values (?1)")
        .bind(prices::version())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Writes the costs of those rows whose costs are others by now.
async fn set(connection: &mut SqliteConnection, rows: &[Priced]) -> Result<(), sqlx::Error> {
    let costs = rows.iter().map(|row| (row, row.cost().map(|cost| cost.nanousd)));
    let changed: Vec<_> = costs.filter(|(row, nanousd)| *nanousd != row.nanousd).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new("update exchanges set cost_nanousd = new.column2 from (");
    query.push_values(changed, |mut values, (row, nanousd)| {
        values.push_bind(row.request_id.clone()).push_bind(nanousd);
    });
    query.push(") as new where request_id = new.column1");
    query.build().execute(connection).await.map(drop)
}

impl Priced {
    fn cost(&self) -> Option<Cost> {
        let provider = Provider::from_name(&self.provider)?;
        let started = Timestamp::from_unix_ms(self.started_ms);
        prices::cost(provider, &self.upstream, self.model.as_deref()?, started, self.usage)
    }
}

impl FromRow<'_, SqliteRow> for Priced {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            request_id: row.try_get("request_id")?,
            provider: row.try_get("provider")?,
            upstream: row.try_get("upstream")?,
            model: row.try_get("model")?,
            started_ms: row.try_get("started_ms")?,
            usage: Usage {
                input_tokens: row.try_get("input_tokens")?,
                output_tokens: row.try_get("output_tokens")?,
                cache_read_tokens: row.try_get("cache_read_tokens")?,
                cache_write_tokens: row.try_get("cache_write_tokens")?,
                cache_write_1h_tokens: row.try_get("cache_write_1h_tokens")?,
                reasoning_tokens: row.try_get("reasoning_tokens")?,
            },
            nanousd: row.try_get("cost_nanousd")?,
        })
    }
}
