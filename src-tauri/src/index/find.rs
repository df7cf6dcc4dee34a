//! The SQL that finds the session that a request continues. Every request that is forwarded asks it.

use sqlx::{QueryBuilder, Sqlite};

use crate::model::SessionId;
use crate::provider::Provider;
use crate::session::LinkKey;

/// The newest session that the client calls so.
pub(super) fn by_client(provider: Provider, upstream: &str, client: &str) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select id from sessions where provider = ");
    sql.push_bind(provider.as_str()).push(" and upstream = ").push_bind(upstream.to_owned());
    sql.push(" and client_session = ").push_bind(client.to_owned()).push(" order by id desc limit 1");
    sql
}

/// The sessions that these chains lead to.
pub(super) fn by_links(keys: &[LinkKey]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select key, session from links where key in (");
    let mut list = sql.separated(", ");
    for key in keys {
        list.push_bind(key.as_bytes().to_vec());
    }
    sql.push(")");
    sql
}

/// What of a session the next request's line needs.
pub(super) fn session(id: &SessionId) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select id, provider, upstream, file, created_ms, last_seq from sessions where id = ",
    );
    sql.push_bind(id.as_str().to_owned());
    sql
}
