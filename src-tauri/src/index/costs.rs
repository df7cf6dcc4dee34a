//! What exchanges cost: a function of their rows, so that it does not matter which of a row's halves
//! came when, and rows of a time with other prices, or none, can be filled again.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, FromRow, Row as _, SqliteConnection};

use super::tables;
use crate::model::{SessionId, Timestamp};
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

/// Sets the cost of an exchange whose row changed.
pub(super) async fn fill(connection: &mut SqliteConnection, request_id: &str) -> Result<(), sqlx::Error> {
    let row = sqlx::query_as("select * from exchanges where request_id = ?1")
        .bind(request_id.to_owned())
        .fetch_optional(&mut *connection)
        .await?;
    match row {
        Some(row) => set(connection, &row).await,
        None => Ok(()),
    }
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
    let rows: Vec<Priced> = sqlx::query_as("select * from exchanges where session = ?1")
        .bind(session.to_owned())
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        set(connection, row).await?;
    }
    match session.parse::<SessionId>() {
        Ok(id) => tables::refresh_sums(&id).execute(connection).await.map(drop),
        // Something else wrote it there.
        Err(_) => Ok(()),
    }
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

async fn set(connection: &mut SqliteConnection, row: &Priced) -> Result<(), sqlx::Error> {
    let nanousd = row.cost().map(|cost| cost.nanousd);
    if nanousd == row.nanousd {
        return Ok(());
    }
    sqlx::query("update exchanges set cost_nanousd = ?2 where request_id = ?1")
        .bind(row.request_id.clone())
        .bind(nanousd)
        .execute(connection)
        .await
        .map(drop)
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
