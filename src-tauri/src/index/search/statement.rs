//! The SQL of a search. What people typed is always bound, and for FTS5 always quoted: it is never
//! read as syntax.

use std::ops::RangeInclusive;

use sqlx::{QueryBuilder, Sqlite};

use super::plan::Plan;
use super::{MARK_END, MARK_START, Search};
use crate::index::filter::{Scope, Word, push_conditions, push_conditions_of_sessions};
use crate::index::query::Before;

/// Words of a snippet: some three lines.
const SNIPPET_WORDS: i64 = 32;

/// Characters of a text that are shown when no word was searched for.
const HEAD_CHARS: i64 = 240;

/// How many texts have these words, counted as far as one more than `most`.
pub(in crate::index) fn texts(words: &[Word], most: u32) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::new("select count(*) from (select 1 from messages_fts where messages_fts match ");
    sql.push_bind(expression(words)).push(" limit ").push_bind(most.saturating_add(1)).push(")");
    sql
}

/// How many places have a word that begins so, counted as far as one more than `most`.
pub(in crate::index) fn places(beginning: &str, most: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select count(*) from (select 1 from messages_words where term >= ");
    sql.push_bind(beginning.to_owned());
    // The last character there can be.
    sql.push(" and term <= ").push_bind(format!("{beginning}\u{10ffff}"));
    sql.push(" limit ").push_bind(most.saturating_add(1)).push(")");
    sql
}

/// The sessions that have hits, with `hits`, how many: of a search without words.
pub(in crate::index) fn sessions(
    search: &Search,
    limit: u32,
    after: Option<&Before>,
) -> QueryBuilder<Sqlite> {
    let mut sql =
        QueryBuilder::new("with found as materialized (select m.session as session, count(*) as hits");
    push_from_messages(&mut sql, search);
    sql.push(" group by m.session) select s.*, found.hits as hits from found join sessions s on s.id = found.session");
    push_after(&mut sql, " where ", after);
    sql.push(" order by s.last_ms desc, s.id desc limit ").push_bind(limit);
    sql
}

/// The ids of the first messages of these sessions, at most `shown` of each: of a search without words.
pub(in crate::index) fn first(search: &Search, sessions: &[&str], shown: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "with found as materialized (select m.id as id, m.session as session, m.seq as seq",
    );
    push_from_messages(&mut sql, search);
    sql.push(" and m.session in ");
    push_list(&mut sql, sessions);
    sql.push(
        ") select id, session from (select id, session, row_number() over
             (partition by session order by seq, id) as place from found)
         where place <= ",
    );
    sql.push_bind(shown).push(" order by session, place");
    sql
}

/// All texts that fit as far as FTS5 tells, of words that few have, with their session's `last_ms`.
pub(in crate::index) fn few(search: &Search, plan: &Plan, after: Option<&Before>) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select m.session, s.last_ms, true as fits, ");
    push_text(&mut sql, plan);
    // The words come first, whatever SQLite thinks: looking for them anew for each row is what it must not do.
    sql.push(" from messages_fts cross join messages m on m.id = messages_fts.rowid");
    push_exchanges(&mut sql, search);
    sql.push(" cross join sessions s on s.id = m.session where messages_fts match ");
    sql.push_bind(expression(&plan.asked()));
    push_conditions(&mut sql, &search.conditions, Scope::Texts);
    push_after(&mut sql, " and ", after);
    sql
}

/// Sessions that may have what is searched for, latest first, with the ids of their `first` and `last` text.
pub(in crate::index) fn walk(search: &Search, limit: u32, after: Option<&Before>) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select s.id, s.last_ms, (select min(id) from messages where session = s.id) as first,
             (select max(id) from messages where session = s.id) as last from sessions s where true",
    );
    push_conditions_of_sessions(&mut sql, &search.conditions);
    push_after(&mut sql, " and ", after);
    sql.push(" order by s.last_ms desc, s.id desc limit ").push_bind(limit);
    sql
}

/// The newest `most` texts with the words among these ids, latest first, and whether they fit.
pub(in crate::index) fn among(
    search: &Search,
    plan: &Plan,
    ids: RangeInclusive<i64>,
    most: u32,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("with looked as materialized (select ");
    let asked = plan.asked();
    if has_positive(&asked) {
        sql.push("rowid as id from messages_fts where messages_fts match ").push_bind(expression(&asked));
        sql.push(" and rowid >= ").push_bind(*ids.start()).push(" and rowid <= ").push_bind(*ids.end());
        sql.push(" order by rowid desc limit ").push_bind(most);
    } else {
        sql.push("id from messages where id >= ").push_bind(*ids.start());
        sql.push(" and id <= ").push_bind(*ids.end()).push(" order by id desc limit ").push_bind(most);
    }
    sql.push(") select m.session, (true");
    push_conditions(&mut sql, &search.conditions, Scope::Texts);
    sql.push(") as fits, ");
    push_text(&mut sql, plan);
    sql.push(" from looked cross join messages m on m.id = looked.id");
    push_exchanges(&mut sql, search);
    sql
}

/// Sessions by their ids, latest first.
pub(in crate::index) fn sessions_of(ids: &[&str]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select * from sessions where id in ");
    push_list(&mut sql, ids);
    sql.push(" order by last_ms desc, id desc");
    sql
}

/// Texts by their ids.
pub(in crate::index) fn texts_of(ids: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select id, text from messages where id in ");
    push_list(&mut sql, ids);
    sql
}

/// How well texts fit, the lower the better, as FTS5 sees it.
pub(in crate::index) fn ranks(ranking: &[Word], ids: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select rowid, rank from messages_fts where messages_fts match ");
    sql.push_bind(expression(ranking));
    push_ids(&mut sql, ids);
    sql
}

/// Messages, with `snippet`. They should lie near each other.
pub(in crate::index) fn hits(words: &[Word], ids: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql = shown();
    push_snippet(&mut sql);
    sql.push(" from messages_fts cross join messages m on m.id = messages_fts.rowid");
    sql.push(" cross join exchanges e on e.request_id = m.request_id where messages_fts match ");
    sql.push_bind(expression(words));
    push_ids(&mut sql, ids);
    sql
}

/// The same, with other words in each: one of each list.
pub(in crate::index) fn hits_of_each(messages: &[(i64, Vec<Vec<Word>>)]) -> QueryBuilder<Sqlite> {
    let asked = |(id, words): &(i64, Vec<Vec<Word>>)| {
        let parts: Vec<String> = words.iter().map(|any| format!("({})", any_of(any))).collect();
        serde_json::json!([id, parts.join(" AND ")])
    };
    let mut sql = shown();
    push_snippet(&mut sql);
    sql.push(" from json_each(")
        .push_bind(messages.iter().map(asked).collect::<serde_json::Value>().to_string());
    sql.push(
        ") asked cross join messages_fts on messages_fts.rowid = asked.value ->> 0
         cross join messages m on m.id = messages_fts.rowid
         cross join exchanges e on e.request_id = m.request_id where messages_fts match asked.value ->> 1",
    );
    sql
}

/// Messages, with `snippet`, where no word was searched for.
pub(in crate::index) fn hits_without_words(ids: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql = shown();
    sql.push("substr(m.text, 1, ").push_bind(HEAD_CHARS).push(") as snippet");
    sql.push(" from messages m cross join exchanges e on e.request_id = m.request_id where m.id in ");
    push_list(&mut sql, ids);
    sql
}

fn shown() -> QueryBuilder<Sqlite> {
    QueryBuilder::new("select m.id, m.request_id, m.seq, m.role, m.kind, m.tool, e.started_ms, ")
}

fn push_snippet(sql: &mut QueryBuilder<Sqlite>) {
    sql.push("snippet(messages_fts, 0, ").push_bind(MARK_START.to_string());
    sql.push(", ")
        .push_bind(MARK_END.to_string())
        .push(", '…', ")
        .push_bind(SNIPPET_WORDS)
        .push(") as snippet");
}

/// What is asked of a text that may fit.
fn push_text(sql: &mut QueryBuilder<Sqlite>, plan: &Plan) {
    sql.push("m.id, m.seq, octet_length(m.text) as bytes, ");
    sql.push(if plan.reads_texts() { "m.text" } else { "null as text" });
}

/// The exchange that a text was said in, if something is asked of it.
fn push_exchanges(sql: &mut QueryBuilder<Sqlite>, search: &Search) {
    if search.asks_of_exchanges() {
        sql.push(" cross join exchanges e on e.request_id = m.request_id");
    }
}

fn push_ids(sql: &mut QueryBuilder<Sqlite>, ids: &[i64]) {
    if let Some((first, last)) = ids.iter().min().zip(ids.iter().max()) {
        sql.push(" and messages_fts.rowid >= ").push_bind(*first);
        sql.push(" and messages_fts.rowid <= ").push_bind(*last);
    }
    // The plus keeps FTS5 from looking all words up anew for each id.
    sql.push(" and +messages_fts.rowid in ");
    push_list(sql, ids);
}

fn push_after(sql: &mut QueryBuilder<Sqlite>, and: &str, after: Option<&Before>) {
    if let Some(after) = after {
        sql.push(and).push("(s.last_ms, s.id) < (").push_bind(after.last_ms);
        sql.push(", ").push_bind(after.id.clone()).push(")");
    }
}

/// As one value: there may be more of them than a statement can have.
fn push_list<T: serde::Serialize>(sql: &mut QueryBuilder<Sqlite>, values: &[T]) {
    sql.push("(select value from json_each(").push_bind(serde_json::json!(values).to_string()).push("))");
}

/// `from … where …`: the messages that fit, of a search that has at most words to be left out.
fn push_from_messages(sql: &mut QueryBuilder<Sqlite>, search: &Search) {
    sql.push(" from messages m join exchanges e on e.request_id = m.request_id where true");
    if !search.words.is_empty() {
        sql.push(" and m.id not in (select rowid from messages_fts where messages_fts match ");
        sql.push_bind(any_of(&search.words)).push(")");
    }
    push_conditions(sql, &search.conditions, Scope::Texts);
}

fn has_positive(words: &[Word]) -> bool {
    words.iter().any(|word| !word.excluded)
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

fn any_of(words: &[Word]) -> String {
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
