//! The SQL of a search. What people typed is always bound, and for FTS5 always quoted: it is never
//! read as syntax.

use sqlx::{QueryBuilder, Sqlite};

use super::{MARK_END, MARK_START, Search};
use crate::index::filter::{Scope, Word, push_conditions};
use crate::index::query::Before;

/// Words of a snippet: some three lines.
const SNIPPET_WORDS: i64 = 32;

/// Characters of a text that are shown when no word was searched for.
const HEAD_CHARS: i64 = 240;

/// The sessions that have hits, with `hits`, how many.
pub(in crate::index) fn sessions(
    search: &Search,
    limit: u32,
    after: Option<&Before>,
) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::new("with found as materialized (select m.session as session, count(*) as hits");
    push_from(&mut sql, search);
    sql.push(" group by m.session) select s.*, found.hits as hits from found join sessions s on s.id = found.session");
    push_after(&mut sql, after);
    sql.push(" order by s.last_ms desc, s.id desc limit ").push_bind(limit);
    sql
}

/// Whether there are more than `least` messages with the words. Counts no further.
pub(in crate::index) fn are_more_than(search: &Search, least: u32) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::new("select count(*) from (select 1 from messages_fts where messages_fts match ");
    sql.push_bind(expression(&search.words)).push(" limit ").push_bind(least.saturating_add(1));
    sql.push(")");
    sql
}

/// Sessions, latest first, each with `hits`, which may be none.
pub(in crate::index) fn walk(search: &Search, limit: u32, after: Option<&Before>) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select s.*, (select count(*)");
    push_from(&mut sql, search);
    // The ids of a session's messages are next to each other, or nearly so.
    sql.push(
        " and m.session = s.id and messages_fts.rowid >= (select min(id) from messages where session = s.id)
          and messages_fts.rowid <= (select max(id) from messages where session = s.id)) as hits
         from sessions s",
    );
    push_after(&mut sql, after);
    sql.push(" order by s.last_ms desc, s.id desc limit ").push_bind(limit);
    sql
}

/// The ids of the best messages of these sessions, at most `shown` of each, best first.
pub(in crate::index) fn best(search: &Search, sessions: &[&str], shown: u32) -> QueryBuilder<Sqlite> {
    // Ranks are taken inside: FTS5 gives none where rows are numbered.
    let mut sql = QueryBuilder::new(
        "with found as materialized (select m.id as id, m.session as session, m.seq as seq, ",
    );
    sql.push(if has_positive(search) { "messages_fts.rank" } else { "0" }).push(" as score");
    push_from(&mut sql, search);
    sql.push(" and m.session in ");
    push_list(&mut sql, sessions);
    if has_positive(search) {
        for (bound, end) in [(" and messages_fts.rowid >= ", "min"), (" and messages_fts.rowid <= ", "max")] {
            sql.push(bound).push("(select ").push(end).push("(id) from messages where session in ");
            push_list(&mut sql, sessions);
            sql.push(")");
        }
    }
    sql.push(
        ") select id, session from (select id, session, row_number() over
             (partition by session order by score, seq, id) as place from found)
         where place <= ",
    );
    sql.push_bind(shown).push(" order by session, place");
    sql
}

/// Messages, with `snippet`.
pub(in crate::index) fn hits(search: &Search, ids: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::new("select m.id, m.request_id, m.seq, m.role, m.kind, m.tool, e.started_ms, ");
    if has_positive(search) {
        sql.push("snippet(messages_fts, 0, ").push_bind(MARK_START.to_string());
        sql.push(", ").push_bind(MARK_END.to_string()).push(", '…', ").push_bind(SNIPPET_WORDS);
    } else {
        sql.push("substr(m.text, 1, ").push_bind(HEAD_CHARS);
    }
    sql.push(") as snippet");
    push_tables(&mut sql, search, true);
    if let Some((first, last)) = ids.iter().min().zip(ids.iter().max()).filter(|_| has_positive(search)) {
        sql.push(" and messages_fts.rowid >= ").push_bind(*first);
        sql.push(" and messages_fts.rowid <= ").push_bind(*last);
    }
    // The plus keeps FTS5 from looking all words up anew for each id.
    sql.push(if has_positive(search) { " and +messages_fts.rowid in (" } else { " and m.id in (" });
    let mut list = sql.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    sql.push(")");
    sql
}

fn push_after(sql: &mut QueryBuilder<Sqlite>, after: Option<&Before>) {
    if let Some(after) = after {
        sql.push(" where (s.last_ms, s.id) < (").push_bind(after.last_ms);
        sql.push(", ").push_bind(after.id.clone()).push(")");
    }
}

fn push_list(sql: &mut QueryBuilder<Sqlite>, texts: &[&str]) {
    sql.push("(");
    let mut list = sql.separated(", ");
    for text in texts {
        list.push_bind((*text).to_owned());
    }
    sql.push(")");
}

/// `from … where …`: the messages that fit.
fn push_from(sql: &mut QueryBuilder<Sqlite>, search: &Search) {
    push_tables(sql, search, search.asks_of_exchanges());
    push_conditions(sql, &search.conditions, Scope::Texts);
}

/// The same for the words alone. They come first, whatever SQLite thinks: looking for them anew for
/// each row is what it must not do.
fn push_tables(sql: &mut QueryBuilder<Sqlite>, search: &Search, with_exchanges: bool) {
    if has_positive(search) {
        sql.push(" from messages_fts cross join messages m on m.id = messages_fts.rowid");
        if with_exchanges {
            sql.push(" cross join exchanges e on e.request_id = m.request_id");
        }
        sql.push(" where messages_fts match ").push_bind(expression(&search.words));
    } else {
        sql.push(" from messages m join exchanges e on e.request_id = m.request_id where true");
        if !search.words.is_empty() {
            sql.push(" and m.id not in (select rowid from messages_fts where messages_fts match ");
            sql.push_bind(any(&search.words)).push(")");
        }
    }
}

fn has_positive(search: &Search) -> bool {
    search.words.iter().any(|word| !word.excluded)
}

/// All words that have to be there, without those that must not, in FTS5's language.
fn expression(words: &[Word]) -> String {
    let (excluded, wanted): (Vec<&Word>, Vec<&Word>) = words.iter().partition(|word| word.excluded);
    let all = join(&wanted, " ");
    match excluded.as_slice() {
        [] => all,
        excluded => format!("({all}) NOT ({})", join(excluded, " OR ")),
    }
}

fn any(words: &[Word]) -> String {
    join(&words.iter().collect::<Vec<_>>(), " OR ")
}

fn join(words: &[&Word], with: &str) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(with)
}

/// Inside double quotes FTS5 knows no syntax but their doubling; the text ends at a NUL.
fn quoted(word: &Word) -> String {
    let star = if word.prefix { " *" } else { "" };
    format!("\"{}\"{star}", word.text.replace('"', "\"\"").replace('\0', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_never_syntax() {
        let of = |text: &str| expression(&text.parse::<Search>().unwrap().words);
        assert_eq!(of("a AND b* -c -\"d OR e\""), r#"("a" "AND" "b*" *) NOT ("c" OR "d OR e")"#);
        assert_eq!(of("NEAR(x ^y {z}"), r#""NEAR(x" "^y" "{z}""#);
        let word = Word { text: "q\"\0x".to_owned(), prefix: false, excluded: false };
        assert_eq!(quoted(&word), "\"q\"\" x\"");
    }
}
