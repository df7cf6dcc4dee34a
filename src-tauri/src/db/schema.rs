//! The schema's versions: numbered files, applied in their order, in one transaction.

use sqlx::migrate::{Migrate as _, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection as _, SqlSafeStr as _, SqliteConnection};

/// Every version in order. One that was released is never edited: its checksum is stored.
const VERSIONS: &[(i64, &str, &str)] = &[
    (1, "index", include_str!("../../migrations/0001_index.sql")),
    (2, "messages", include_str!("../../migrations/0002_messages.sql")),
    (3, "costs", include_str!("../../migrations/0003_costs.sql")),
    (4, "sums", include_str!("../../migrations/0004_sums.sql")),
    (5, "gaps", include_str!("../../migrations/0005_gaps.sql")),
    (6, "session_orders", include_str!("../../migrations/0006_session_orders.sql")),
    (7, "facets", include_str!("../../migrations/0007_facets.sql")),
    (8, "totals", include_str!("../../migrations/0008_totals.sql")),
    (9, "words", include_str!("../../migrations/0009_words.sql")),
];

const TABLE: &str = "_sqlx_migrations";

/// How a database's schema compares with what this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// No table at all: a new file.
    Empty,
    /// Ours, this version or an earlier one.
    Known,
    /// Ours, of a later program.
    Newer(i64),
    /// The Go llm-proxy's.
    Go,
    /// Some other program's, or ours with a history that this program cannot follow.
    Foreign,
}

/// The latest version this program knows.
pub(super) fn latest() -> i64 {
    VERSIONS.last().map_or(0, |(version, _, _)| *version)
}

/// Looks at a database without changing it.
pub(super) async fn look(connection: &mut SqliteConnection) -> Result<Schema, sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    )
    .fetch_all(&mut *connection)
    .await?;
    if tables.is_empty() {
        return Ok(Schema::Empty);
    }
    if !tables.iter().any(|name| name == TABLE) {
        return Ok(if is_go(connection).await? { Schema::Go } else { Schema::Foreign });
    }
    let found: Vec<(i64, bool, Vec<u8>)> =
        sqlx::query_as("select version, success, checksum from _sqlx_migrations order by version")
            .fetch_all(connection)
            .await?;
    Ok(compare(&found))
}

async fn is_go(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let columns: Vec<String> =
        sqlx::query_scalar("select name from pragma_table_info('sessions')").fetch_all(connection).await?;
    Ok(columns.iter().any(|name| name == "last_fingerprint"))
}

fn compare(found: &[(i64, bool, Vec<u8>)]) -> Schema {
    match found.last() {
        Some((version, _, _)) if *version > latest() => return Schema::Newer(*version),
        Some(_) => {}
        None => return Schema::Empty,
    }
    let known = migrations();
    let follows = found.iter().all(|(version, success, checksum)| {
        *success
            && known.iter().any(|one| one.version == *version && one.checksum.as_ref() == checksum.as_slice())
    });
    if follows { Schema::Known } else { Schema::Foreign }
}

/// Brings a database up to the latest version, and says whether its tables are now what the
/// versions make of an empty one. Who reads meanwhile sees all of the versions' work or none of it, and a
/// script that fails leaves nothing behind.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<bool, MigrateError> {
    let mut together = connection.begin_with("begin immediate").await?;
    run(&mut together, migrations()).await?;
    together.commit().await?;
    let mut model = SqliteConnection::connect("sqlite::memory:").await?;
    run(&mut model, migrations()).await?;
    let intact = definitions(connection).await? == definitions(&mut model).await?;
    model.close().await?;
    Ok(intact)
}

async fn run(connection: &mut SqliteConnection, migrations: Vec<Migration>) -> Result<(), MigrateError> {
    connection.ensure_migrations_table(TABLE).await?;
    Migrator::with_migrations(migrations).run_direct(None, connection, false).await
}

async fn definitions(
    connection: &mut SqliteConnection,
) -> Result<Vec<(String, Option<String>)>, sqlx::Error> {
    // Statistics are SQLite's own tables and come and go.
    sqlx::query_as("select name, sql from sqlite_schema where name not like 'sqlite_stat%' order by name")
        .fetch_all(connection)
        .await
}

fn migrations() -> Vec<Migration> {
    VERSIONS.iter().map(|(version, name, script)| migration(*version, name, script)).collect()
}

fn migration(version: i64, name: &'static str, script: &'static str) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, script.into_sql_str(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn memory() -> SqliteConnection {
        SqliteConnection::connect("sqlite::memory:").await.unwrap()
    }

    #[tokio::test]
    async fn an_empty_database_becomes_a_known_one() {
        let mut connection = memory().await;
        assert_eq!(look(&mut connection).await.unwrap(), Schema::Empty);
        assert!(migrate(&mut connection).await.unwrap());
        assert!(migrate(&mut connection).await.unwrap());
        assert_eq!(look(&mut connection).await.unwrap(), Schema::Known);
    }

    #[tokio::test]
    async fn a_version_that_fails_half_way_leaves_nothing_behind() {
        let mut connection = memory().await;
        migrate(&mut connection).await.unwrap();
        let mut with_bad = migrations();
        with_bad.push(migration(
            latest() + 1,
            "bad",
            "create table half (a text); create table half (a text);",
        ));
        run(&mut connection, with_bad).await.unwrap_err();
        let half: i64 = sqlx::query_scalar("select count(*) from sqlite_schema where name = 'half'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(half, 0);
        assert_eq!(look(&mut connection).await.unwrap(), Schema::Known);
    }

    #[tokio::test]
    async fn an_edited_history_is_foreign() {
        let mut connection = memory().await;
        migrate(&mut connection).await.unwrap();
        sqlx::query("update _sqlx_migrations set checksum = x'00'").execute(&mut connection).await.unwrap();
        assert_eq!(look(&mut connection).await.unwrap(), Schema::Foreign);
    }

    #[tokio::test]
    async fn changed_tables_are_noticed() {
        let mut connection = memory().await;
        migrate(&mut connection).await.unwrap();
        sqlx::query("alter table files rename indexed_bytes to bytes")
            .execute(&mut connection)
            .await
            .unwrap();
        assert!(!migrate(&mut connection).await.unwrap());
    }

    #[test]
    fn every_column_says_what_it_is() {
        for (_, _, script) in VERSIONS {
            let tables = script.split(";\n").filter(|statement| statement.contains("create table "));
            for line in tables.flat_map(str::lines).filter(|line| line.starts_with("    ")) {
                assert!(line.contains("--") || line.contains("references"), "{line}");
            }
        }
    }
}
