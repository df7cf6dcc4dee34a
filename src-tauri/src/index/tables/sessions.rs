//! Rows of sessions, and the keys by which requests find them.

use sqlx::{QueryBuilder, Sqlite};

use super::{Query, int};
use crate::index::row::{Op, SessionRow};
use crate::model::SessionId;
use crate::session::LinkKey;

/// The statement of a change to a session itself: those are few.
pub(super) fn of_session(op: &Op) -> Option<Query> {
    match op {
        Op::Session(row) => Some(session(row)),
        Op::ClientSession(id, client) => Some(client_session(id, client)),
        Op::Title(id, seq, title) => Some(self::title(id, *seq, title)),
        Op::Request(_)
        | Op::Response(_)
        | Op::Link(..)
        | Op::Message(_)
        | Op::Indexed(..)
        | Op::IndexedUpTo(..) => None,
    }
}

fn session(row: &SessionRow) -> Query {
    sqlx::query(
        "insert into sessions (id, provider, upstream, client_session, created_ms, last_ms, file)
         values (?1, ?2, ?3, ?4, ?5, ?5, ?6)
         on conflict (id) do update set
             provider = excluded.provider, upstream = excluded.upstream, created_ms = excluded.created_ms,
             client_session = coalesce(excluded.client_session, client_session)
         where ?7",
    )
    .bind(row.id.as_str().to_owned())
    .bind(row.provider.as_str())
    .bind(row.upstream.clone())
    .bind(row.client_session.clone())
    .bind(row.created_ms)
    .bind(row.file.clone())
    .bind(row.told)
}

fn client_session(id: &SessionId, client: &str) -> Query {
    sqlx::query("update sessions set client_session = ?2 where id = ?1 and client_session is null")
        .bind(id.as_str().to_owned())
        .bind(client.to_owned())
}

fn title(id: &SessionId, seq: u64, title: &str) -> Query {
    sqlx::query(
        "update sessions set title = ?3, title_seq = ?2
         where id = ?1 and (title_seq is null or title_seq > ?2)",
    )
    .bind(id.as_str().to_owned())
    .bind(int(seq))
    .bind(title.to_owned())
}

/// Of two sessions that could be continued the newer one is: ids begin with their time.
pub(super) fn links(rows: &[(LinkKey, &SessionId)]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("insert into links (key, session) ");
    query.push_values(rows, |mut values, (key, session)| {
        values.push_bind(key.as_bytes().to_vec()).push_bind(session.as_str().to_owned());
    });
    query
        .push(" on conflict (key) do update set session = excluded.session where excluded.session > session");
    query
}

/// What some changed exchanges of a session name. Only that has to be looked for among its latest exchanges: in
/// a session that never names a project, say, the search for it would walk over all that there are. What a row does
/// not name it did not name before either: a line says the same whenever it is read.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::index) struct Named {
    pub(in crate::index) model: bool,
    pub(in crate::index) project: bool,
    pub(in crate::index) client: bool,
}

impl Named {
    /// The session whose exchange a change is of, and what it names.
    pub(super) fn by(op: &Op) -> Option<(&SessionId, Self)> {
        match op {
            Op::Session(row) => Some((&row.id, Self::default())),
            Op::Request(row) => {
                let named = Self { model: row.model.is_some(), project: row.project.is_some(), client: true };
                Some((&row.session, named))
            }
            Op::Response(row) => Some((&row.session, Self { model: row.model.is_some(), ..Self::default() })),
            Op::ClientSession(..)
            | Op::Title(..)
            | Op::Link(..)
            | Op::Message(_)
            | Op::Indexed(..)
            | Op::IndexedUpTo(..) => None,
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.model |= other.model;
        self.project |= other.project;
        self.client |= other.client;
    }
}

/// Takes from a session's exchanges what its latest ones say. Its sums follow by themselves: triggers.
pub(in crate::index) fn refresh(session: &SessionId, named: Named) -> Query {
    sqlx::query(
        "update sessions set
             last_seq = coalesce((select max(seq) from exchanges where session = ?1), 0),
             last_ms = max(created_ms, coalesce(
                 (select max(started_ms + coalesce(total_ms, 0)) from exchanges where session = ?1), 0)),
             open_ms = (select max(started_ms) from exchanges where session = ?1 and status is null),
             model = iif(?2, (select model from exchanges indexed by exchanges_session where session = ?1
                 and model is not null order by seq desc, started_ms desc, request_id limit 1), model),
             project = iif(?3, (select project from exchanges indexed by exchanges_session where session = ?1
                 and project is not null order by seq desc, started_ms desc, request_id limit 1), project),
             client_name = iif(?4, (select client_name from exchanges indexed by exchanges_session where session = ?1
                 and client_name is not null order by seq desc, started_ms desc, request_id limit 1), client_name),
             client_version = iif(?4, (select client_version from exchanges indexed by exchanges_session where session = ?1
                 and client_name is not null order by seq desc, started_ms desc, request_id limit 1), client_version)
         where id = ?1",
    )
    .bind(session.as_str().to_owned())
    .bind(named.model)
    .bind(named.project)
    .bind(named.client)
}

/// Takes a session's sums from all of its exchanges: rows of a time without them have none yet.
pub(in crate::index) fn sum_up(session: &str) -> Query {
    sqlx::query(
        "update sessions set
             requests = sums.requests, input_tokens = sums.input_tokens, output_tokens = sums.output_tokens,
             cache_read_tokens = sums.cache_read_tokens, cache_write_tokens = sums.cache_write_tokens,
             cost_nanousd = sums.cost_nanousd, unpriced = sums.unpriced, open_ms = sums.open_ms
         from (select count(*) as requests,
                   coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
                   coalesce(sum(cache_read_tokens), 0) as cache_read_tokens,
                   coalesce(sum(cache_write_tokens), 0) as cache_write_tokens, sum(cost_nanousd) as cost_nanousd,
                   count(*) filter (where cost_nanousd is null and max(coalesce(input_tokens, 0), coalesce(output_tokens, 0),
                       coalesce(cache_read_tokens, 0), coalesce(cache_write_tokens, 0)) > 0) as unpriced,
                   max(started_ms) filter (where status is null) as open_ms
               from exchanges where session = ?1) as sums
         where id = ?1",
    )
    .bind(session.to_owned())
}
