//! Texts, and the words by which they are found.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{Query, int};
use crate::index::row::MessageRow;

/// Writes texts, and the words of those that are new. One that is there already stays; only its place may
/// turn out to be an earlier one. All else is in the hash.
pub(super) async fn said(connection: &mut SqliteConnection, rows: &[&MessageRow]) -> Result<(), sqlx::Error> {
    let mut new: Vec<(i64, Vec<u8>)> = messages(rows).build_query_as().fetch_all(&mut *connection).await?;
    if !new.is_empty() {
        let mut query = QueryBuilder::<Sqlite>::new(
            "insert into messages_fts (rowid, text) select id, text from messages where id in (",
        );
        let mut ids = query.separated(", ");
        for (id, _) in &new {
            ids.push_bind(*id);
        }
        query.push(")").build().execute(&mut *connection).await?;
    }
    for row in rows {
        if let Some(written) = new.iter().position(|(_, hash)| hash == row.hash.as_bytes()) {
            new.swap_remove(written);
        } else {
            earlier_place(row).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

pub(super) fn messages(rows: &[&MessageRow]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "insert into messages (session, hash, request_id, seq, line_offset, role, kind, tool, text) ",
    );
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(row.session.as_str().to_owned())
            .push_bind(row.hash.as_bytes().to_vec())
            .push_bind(row.request_id.clone())
            .push_bind(int(row.seq))
            .push_bind(int(row.line_offset))
            .push_bind(row.role)
            .push_bind(row.kind)
            .push_bind(row.tool.clone())
            .push_bind(row.text.clone());
    });
    query.push(" on conflict (session, hash) do nothing returning id, hash");
    query
}

fn earlier_place(row: &MessageRow) -> Query {
    sqlx::query(
        "update messages set request_id = ?3, seq = ?4, line_offset = ?5
         where session = ?1 and hash = ?2 and line_offset > ?5",
    )
    .bind(row.session.as_str().to_owned())
    .bind(row.hash.as_bytes().to_vec())
    .bind(row.request_id.clone())
    .bind(int(row.seq))
    .bind(int(row.line_offset))
}

/// The next file, before `before` in reverse order, whose texts are not searchable yet.
pub(in crate::index) async fn next_without_messages(
    connection: &mut SqliteConnection,
    before: Option<&str>,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select file from files where has_messages = 0 and (?1 is null or file < ?1) order by file desc limit 1",
    )
    .bind(before.map(str::to_owned))
    .fetch_optional(connection)
    .await
}

/// Notes that a file's texts are searchable.
pub(in crate::index) async fn set_has_messages(
    connection: &mut SqliteConnection,
    file: &str,
) -> Result<(), sqlx::Error> {
    let update = sqlx::query("update files set has_messages = 1 where file = ?1").bind(file.to_owned());
    update.execute(connection).await.map(drop)
}
