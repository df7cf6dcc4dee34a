//! How SQLite goes about the queries, in a store as users have it: nobody gathers statistics. `SCAN` is a walk
//! over a whole table or index, `TEMP B-TREE` sorts all that was found; each is a mistake unless it is allowed
//! here, with the reason why it ends early or has little to walk over.

use sqlx::{AssertSqlSafe, Execute, QueryBuilder, Row as _, Sqlite};

use super::folder::{Folder, LONG};
use super::history::{HOST, request, response, session, start};
use crate::db::Db;
use crate::index::filter::{Line, Scope};
use crate::index::list::{self, Chosen, Order};
use crate::index::query::{self, Before, SessionFilter};
use crate::index::search::plan::{Limits, Plan};
use crate::index::search::{Search, statement};
use crate::index::stats::{self, By};
use crate::index::{Reading, facets, find, tables};
use crate::provider::Provider;
use crate::record::entry::Entry;

const SESSIONS: u32 = 40;

/// What is expected of a query.
struct Expected<'a> {
    /// The plan in plain words.
    words: &'a str,
    /// What has to be among its steps.
    steps: &'a [&'a str],
    /// Beginnings of steps that would be mistakes elsewhere.
    allowed: &'a [&'a str],
}

async fn filled(folder: &Folder) -> Db {
    let (mut index, db, _) = folder.open().await;
    for number in 0..SESSIONS {
        let (id, client) = (session(number), format!("client-{number}"));
        folder.record(&mut index, &start(&id, Some(&client)));
        for seq in 1..=5 {
            let name = format!("{number}-{seq}");
            folder.record(&mut index, &request(&id, Some(&name), seq, &["Hello", "Hi", "More"]));
            folder.record(&mut index, &response(&id, Some(&name), seq, "Done"));
        }
    }
    index.flush(LONG).await.unwrap();
    let statistics: i64 =
        sqlx::query_scalar("select count(*) from sqlite_schema where name like 'sqlite_stat%'")
            .fetch_one(&db.readers())
            .await
            .unwrap();
    assert_eq!(statistics, 0, "users have none");
    db
}

/// The steps of the plan of the very statement that runs, with what is bound to it.
async fn plan<'q>(db: &Db, mut query: impl Execute<'q, Sqlite>) -> Vec<String> {
    let bound = query.take_arguments().unwrap().unwrap_or_default();
    let explain = format!("explain query plan {}", query.sql().as_str());
    let rows = sqlx::query_with(AssertSqlSafe(explain), bound).fetch_all(&db.readers()).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

async fn check(db: &Db, mut sql: QueryBuilder<Sqlite>, expected: Expected<'_>) {
    check_query(db, sql.build(), expected).await;
}

async fn check_query<'q>(db: &Db, query: impl Execute<'q, Sqlite>, expected: Expected<'_>) {
    let steps = plan(db, query).await;
    let Expected { words, steps: wanted, allowed } = expected;
    let is_costly = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
    for step in steps.iter().filter(is_costly) {
        assert!(allowed.iter().any(|allowed| step.starts_with(allowed)), "{words}: `{step}` in {steps:#?}");
    }
    for step in wanted {
        assert!(steps.iter().any(|found| found.starts_with(step)), "{words}: no `{step}` in {steps:#?}");
    }
}

fn filtered(line: &str) -> Chosen {
    let line = Line::read(line, Scope::Requests);
    assert!(line.parts.iter().all(|part| part.problem.is_none()));
    Chosen { line, ..Chosen::default() }
}

fn in_february() -> Chosen {
    Chosen { began_ms: Some(1_770_000_000_000..1_772_000_000_000), ..Chosen::default() }
}

fn behind() -> Before {
    Before { last_ms: 1_780_000_000_000, id: session(20).as_str().to_owned() }
}

#[tokio::test]
async fn lists_of_sessions() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    let all = SessionFilter::default();
    let of_provider = SessionFilter { provider: Some(Provider::Anthropic), ..SessionFilter::default() };
    for (sql, expected) in [
        (
            list::sessions_sql(&filtered(""), Order::Last, None, 100),
            Expected {
                words: "the first page is the latest entries of the index on last activity, read until the page is full",
                steps: &["SCAN s USING INDEX sessions_last"],
                allowed: &["SCAN s USING INDEX sessions_last"],
            },
        ),
        (
            list::sessions_sql(&filtered(""), Order::Last, Some((behind().last_ms, &behind().id)), 100),
            Expected {
                words: "the next page begins in that index where the page before ended",
                steps: &["SEARCH s USING INDEX sessions_last ("],
                allowed: &[],
            },
        ),
        (
            list::sessions_sql(
                &filtered("model:opus dur:>5s"),
                Order::Last,
                Some((behind().last_ms, &behind().id)),
                100,
            ),
            Expected {
                words: "with a filter the same walk looks at each session's own exchanges, by their index",
                steps: &["SEARCH s USING INDEX sessions_last (", "SEARCH e EXISTS USING INDEX exchanges_"],
                allowed: &[],
            },
        ),
        (
            list::sessions_sql(&filtered("tool:bash"), Order::Last, None, 100),
            Expected {
                words: "a tool's calls are looked through once, in the index that has nothing else",
                steps: &["SEARCH e EXISTS USING INDEX exchanges_"],
                allowed: &["SCAN s USING INDEX sessions_last", "SCAN m USING COVERING INDEX messages_tools"],
            },
        ),
        (
            query::sessions_sql(100, None, &all),
            Expected {
                words: "as the first page",
                steps: &["SCAN sessions USING INDEX sessions_last"],
                allowed: &["SCAN sessions USING INDEX sessions_last"],
            },
        ),
        (
            query::sessions_sql(100, Some(&behind()), &of_provider),
            Expected {
                words: "as the next page",
                steps: &["SEARCH sessions USING INDEX sessions_last ("],
                allowed: &[],
            },
        ),
        (
            query::session_sql("20261123-0308"),
            Expected {
                words: "ids that begin so stand together in the index of ids",
                steps: &["SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id>? AND id<?)"],
                allowed: &[],
            },
        ),
    ] {
        check(&db, sql, expected).await;
    }
}

#[tokio::test]
async fn lists_of_requests() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    // Those that began in the same millisecond are put in order among themselves.
    let ties = "USE TEMP B-TREE FOR LAST TERM OF ORDER BY";
    let in_session = Chosen { session: Some(session(3).as_str().to_owned()), ..Chosen::default() };
    let before = Some((1_780_000_000_000, "x"));
    for (sql, expected) in [
        (
            list::requests_sql(&filtered(""), None, 100),
            Expected {
                words: "the first page is the latest entries of the index on the start, read until the page is full",
                steps: &[
                    "SCAN e USING INDEX exchanges_started",
                    "SEARCH s USING INDEX sqlite_autoindex_sessions_1 (id=?)",
                ],
                allowed: &["SCAN e USING INDEX exchanges_started", ties],
            },
        ),
        (
            list::requests_sql(&filtered(""), before, 100),
            Expected {
                words: "the next page begins in that index where the page before ended",
                steps: &["SEARCH e USING INDEX exchanges_started ("],
                allowed: &[ties],
            },
        ),
        (
            list::requests_sql(&filtered("model:opus is:error shop"), before, 100),
            Expected {
                words: "a filter takes from that walk; titles are looked through once",
                steps: &["SEARCH e USING INDEX exchanges_started ("],
                allowed: &[ties, "SCAN sessions"],
            },
        ),
        (
            list::requests_sql(&filtered("tool:bash"), before, 100),
            Expected {
                words: "a tool's calls are looked through once, in the index that has nothing else",
                steps: &["SEARCH e USING INDEX exchanges_started ("],
                allowed: &[ties, "SCAN m USING COVERING INDEX messages_tools"],
            },
        ),
        (
            list::requests_sql(&in_session, None, 100),
            Expected {
                words: "a session's requests are found by its index, and only they are sorted",
                steps: &["SEARCH e USING INDEX exchanges_"],
                allowed: &["USE TEMP B-TREE FOR ORDER BY"],
            },
        ),
        (
            list::request_sql("3-1"),
            Expected {
                words: "one request by its id",
                steps: &["SEARCH e USING INDEX sqlite_autoindex_exchanges_1 (request_id=?)"],
                allowed: &[],
            },
        ),
        (
            list::totals_sql(&filtered("")),
            Expected {
                words: "sums over everything are kept in one row",
                steps: &["SCAN totals"],
                allowed: &["SCAN totals"],
            },
        ),
    ] {
        check(&db, sql, expected).await;
    }
}

#[tokio::test]
async fn one_session() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    for (sql, expected) in [
        (
            query::exchanges_sql(session(3).as_str()),
            Expected {
                words: "a session's exchanges come in order out of their index; lines of one number are put in order",
                steps: &["SEARCH exchanges USING INDEX exchanges_session (session=?)"],
                allowed: &["USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY"],
            },
        ),
        (
            query::exchange_sql("3-1"),
            Expected {
                words: "one exchange by its id",
                steps: &["SEARCH exchanges USING INDEX sqlite_autoindex_exchanges_1 (request_id=?)"],
                allowed: &[],
            },
        ),
    ] {
        check(&db, sql, expected).await;
    }
}

#[tokio::test]
async fn continuing_a_session() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    let Entry::Request(asked) = request(&session(3), Some("new"), 6, &["Hello", "Hi", "More"]) else {
        panic!("no request")
    };
    let identity = Reading::of(Provider::Anthropic, HOST, &asked).identity;
    assert!(!identity.continues.is_empty());
    for (sql, expected) in [
        (
            find::by_client(Provider::Anthropic, HOST, "client-3"),
            Expected {
                words: "the client's name leads to its newest session within one index",
                steps: &[
                    "SEARCH sessions USING COVERING INDEX sessions_client (provider=? AND upstream=? AND client_session=?)",
                ],
                allowed: &[],
            },
        ),
        (
            find::by_links(&identity.continues),
            Expected {
                words: "each chain is a primary key",
                steps: &["SEARCH links USING PRIMARY KEY (key=?)"],
                allowed: &[],
            },
        ),
        (
            find::session(&session(3)),
            Expected {
                words: "its row by its id",
                steps: &["SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)"],
                allowed: &[],
            },
        ),
    ] {
        check(&db, sql, expected).await;
    }
}

#[tokio::test]
async fn searching() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    let mut connection = db.connect_reader().await.unwrap();
    let by_words: Search = "hello mor* -nothing model:sonnet".parse().unwrap();
    let plan = Plan::of(&mut connection, &by_words, Limits::default()).await.unwrap();
    let in_session: Search = format!("session:{} role:user after:2026-11-23", session(3)).parse().unwrap();
    let sessions = [session(3), session(4)];
    let sessions: Vec<&str> = sessions.iter().map(|id| id.as_str()).collect();
    let list = "SCAN json_each VIRTUAL TABLE INDEX 1:";
    let message = "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)";
    let exchange = "SEARCH e USING INDEX sqlite_autoindex_exchanges_1 (request_id=?)";
    for (sql, expected) in [
        (
            statement::texts(&by_words.words, 10_000),
            Expected {
                words: "whether a word is common: its entries, as far as the limit",
                steps: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M"],
                allowed: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M", "SCAN (subquery"],
            },
        ),
        (
            statement::places("mor", 2_000),
            Expected {
                words: "whether a beginning is: the entries from the first word that begins so, as far as the limit",
                // 0x200 and 0x400: from a first word, to a last one.
                steps: &["SCAN messages_words VIRTUAL TABLE INDEX 1537:"],
                allowed: &["SCAN messages_words VIRTUAL TABLE INDEX 1537:", "SCAN (subquery"],
            },
        ),
        (
            statement::few(&by_words, &plan, Some(&behind())),
            Expected {
                words: "rare words: the index of words gives the messages, each leads to its exchange and session",
                steps: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M", message, exchange],
                allowed: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M"],
            },
        ),
        (
            statement::walk(&by_words, 40, Some(&behind())),
            Expected {
                words: "common words: the latest sessions,",
                steps: &[
                    "SEARCH s USING COVERING INDEX sessions_last (",
                    "SEARCH messages USING COVERING INDEX messages_once (session=?)",
                ],
                allowed: &[],
            },
        ),
        (
            statement::walk(&in_session, 40, None),
            Expected {
                words: "or those that are named,",
                steps: &["SEARCH s USING INDEX sqlite_autoindex_sessions_1 (id>? AND id<?)"],
                allowed: &["USE TEMP B-TREE FOR ORDER BY"],
            },
        ),
        (
            statement::among(&by_words, &plan, 10..=20, 2_000),
            Expected {
                words: "with the range that their messages have in the index of words, from its end to the limit",
                steps: &["SCAN messages_fts VIRTUAL TABLE INDEX 192:M1><", message, exchange],
                allowed: &["SCAN messages_fts VIRTUAL TABLE INDEX 192:M1><", "SCAN looked"],
            },
        ),
        (
            statement::ranks(&by_words.words, &[1, 2]),
            Expected {
                words: "messages are ranked that fit, and no others",
                steps: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M1><"],
                allowed: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M1><", list],
            },
        ),
        (
            statement::hits(&by_words.words, &[1, 2]),
            Expected {
                words: "snippets are of the messages that are shown",
                steps: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M1><", message],
                allowed: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:M1><", list],
            },
        ),
        (
            statement::hits_of_each(&[(1, vec![by_words.words.clone()])]),
            Expected {
                words: "words that begin as was searched for are others in each of them",
                steps: &["SCAN messages_fts VIRTUAL TABLE INDEX 0:=M1", message],
                allowed: &[
                    "SCAN messages_fts VIRTUAL TABLE INDEX 0:=M1",
                    "SCAN asked VIRTUAL TABLE INDEX 1:",
                ],
            },
        ),
        (
            statement::sessions(&in_session, 11, None),
            Expected {
                words: "without words, a session's messages are found by their index",
                steps: &["SEARCH m USING INDEX messages_once (session>? AND session<?)"],
                allowed: &["SCAN found", "USE TEMP B-TREE FOR GROUP BY", "USE TEMP B-TREE FOR ORDER BY"],
            },
        ),
        (
            statement::first(&in_session, &sessions, 5),
            Expected {
                words: "the same, of the shown sessions only",
                steps: &["SEARCH m USING INDEX messages_once (session"],
                allowed: &[list, "SCAN found", "SCAN (subquery", "USE TEMP B-TREE FOR ORDER BY"],
            },
        ),
    ] {
        check(&db, sql, expected).await;
    }
}

#[tokio::test]
async fn values_of_the_sidebar() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    let of_facets = filtered("model:opus -status:200 host:=api.example,other");
    let facets_only = &["SCAN e"];
    for (sql, expected) in [
        (
            facets::combinations_sql(&filtered("")),
            Expected {
                words: "combinations of values are counted as exchanges come: a small table is read whole",
                steps: &[],
                allowed: facets_only,
            },
        ),
        (
            facets::combinations_sql(&of_facets),
            Expected {
                words: "so it is where the filter asks for these values only",
                steps: &[],
                allowed: facets_only,
            },
        ),
        (
            of_facets.possible().unwrap(),
            Expected {
                words: "whether a filter has hits at all: a small table is read, once",
                steps: &[],
                allowed: &["SCAN e", "SCAN CONSTANT ROW"],
            },
        ),
        (
            query::clients_seen_sql(),
            Expected {
                words: "the small table names and counts the clients, and an index has the latest exchange of each",
                steps: &[
                    "SEARCH latest USING COVERING INDEX exchanges_client (client_name=?)",
                    "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
                ],
                allowed: &[
                    "SCAN facets",
                    "SCAN seen",
                    "USE TEMP B-TREE FOR GROUP BY",
                    "USE TEMP B-TREE FOR ORDER BY",
                ],
            },
        ),
    ] {
        assert!(!sql.sql().as_str().contains("from exchanges e where"), "these need no look at exchanges");
        check(&db, sql, expected).await;
    }
}

#[tokio::test]
async fn sums_over_a_time() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    let span = in_february();
    let ranged = "SEARCH e USING INDEX exchanges_started (started_ms>? AND started_ms<?)";
    let words =
        "only exchanges of the time are looked at, by the index on their start; what is grouped is sorted";
    let sorts = &["USE TEMP B-TREE FOR"];
    for sql in [
        list::totals_sql(&span),
        stats::days_sql(&span, 0),
        stats::durations_sql(&span),
        stats::errors_sql(&span, 20),
        stats::groups_sql(&span, By::Model, 20),
        stats::groups_sql(&span, By::Client, 20),
        stats::groups_sql(&span, By::Project, 20),
        stats::groups_sql(&span, By::Session, 20),
    ] {
        check(&db, sql, Expected { words, steps: &[ranged], allowed: sorts }).await;
    }
    check(
        &db,
        stats::tools_sql(&span, 20),
        Expected {
            words: "calls are found by their exchanges, in the index that has nothing else",
            steps: &[ranged, "SEARCH m USING COVERING INDEX messages_tools (request_id=?"],
            allowed: sorts,
        },
    )
    .await;
    check(
        &db,
        stats::titles_sql(&["a", "b"]),
        Expected {
            words: "titles by the sessions' ids",
            steps: &["SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)"],
            allowed: &[],
        },
    )
    .await;
    check(
        &db,
        query::today_sql(0),
        Expected {
            words: "today is the end of the index on the start",
            steps: &["SEARCH exchanges USING INDEX exchanges_started (started_ms>?)"],
            allowed: &[],
        },
    )
    .await;
}

#[tokio::test]
async fn refreshing_a_session() {
    let folder = Folder::new();
    let db = filled(&folder).await;
    let expected = Expected {
        words: "the ends of three indexes of the session's exchanges, and the latest exchange that names each thing",
        steps: &[
            "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)",
            "SEARCH exchanges USING COVERING INDEX exchanges_session (session=?)",
            "SEARCH exchanges USING COVERING INDEX exchanges_ended (session=?)",
            "SEARCH exchanges USING INDEX exchanges_open (session=?)",
            "SEARCH exchanges USING INDEX exchanges_session (session=?)",
        ],
        // Lines of one number are put in order among themselves.
        allowed: &["USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY"],
    };
    let named = tables::Named { model: true, project: true, client: true };
    check_query(&db, tables::refresh(&session(3), named), expected).await;
}
