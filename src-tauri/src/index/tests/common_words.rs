//! Words that most texts have: found where rare ones would be, at a bounded cost, and what that leaves out is told.

use serde_json::json;

use super::folder::{Folder, LONG};
use super::history::{session, start};
use super::search::{asking, conversation, filled};
use crate::db::Db;
use crate::index::Index;
use crate::index::search::plan::{Budget, Limits};
use crate::index::search::{Found, search_within};
use crate::record::entry::Entry;

/// All words are common, and a beginning that many words have.
fn all_common() -> Limits {
    Limits { few: 0, ranked: 0, ..Limits::default() }
}

/// Sessions and how many hits each has, page by page.
async fn counted(db: &Db, query: &str, limit: u32, limits: Limits) -> Vec<(String, u64)> {
    let wanted = query.parse().unwrap();
    let (mut counted, mut after) = (Vec::new(), None);
    loop {
        let page = search_within(db, &wanted, limit, after.as_ref(), limits).await.unwrap();
        assert!(page.groups.len() <= limit as usize, "{query}");
        for group in &page.groups {
            let shown = group.hits.len() as u64;
            assert!(shown == group.total.min(5) || group.total > 5 && shown > 5, "{query}: {group:?}");
            assert!(!group.has_more, "{query}");
        }
        counted.extend(page.groups.into_iter().map(|group| (group.session.id, group.total)));
        assert!(page.next != after || after.is_none(), "{query}: a page begins behind the one before");
        after = page.next;
        if after.is_none() {
            return counted;
        }
    }
}

/// Sessions that were written line by line in turn, so that the texts of all lie between each other's.
async fn mixed(folder: &Folder, count: u32) -> (Index, Db) {
    let (mut index, db, _) = folder.open().await;
    let sessions: Vec<Vec<Entry>> = (0..count).map(|number| conversation(&session(number))).collect();
    for line in 0..sessions[0].len() {
        sessions.iter().for_each(|entries| folder.record(&mut index, &entries[line]));
    }
    index.flush(LONG).await.unwrap();
    (index, db)
}

#[tokio::test]
async fn common_words_are_found_where_rare_ones_are() {
    for is_mixed in [false, true] {
        let folder = Folder::new();
        let (_index, db) = if is_mixed { mixed(&folder, 12).await } else { filled(&folder, 12).await };
        let narrow = Budget { first_sessions: 2, sessions: 4, ..Limits::default().budget };
        for query in [
            "file",
            "me*",
            "men*",
            "m*",
            "ESPRÉ*",
            "\"open the file\"",
            "\"three nin\"*",
            "\"please r\"*",
            "read menu",
            "read men*",
            "file -menu",
            "file -men*",
            "the -esp* -noth*",
            "esp* tool:read",
            "i role:assistant",
            "th* model:sonnet after:2026-11-23",
            "session:20261123-030829-00000003 esp*",
            "espresso session:20261123-030829-00000007,20261123-030829-00000001",
            "file model:opus",
            "esp* nowhere",
            "nowhere*",
        ] {
            let rare = counted(&db, query, 100, Limits::default()).await;
            let has_hits = !["file model:opus", "esp* nowhere", "nowhere*"].contains(&query);
            assert_eq!(!rare.is_empty(), has_hits, "{query}");
            for limit in [1, 5, 100] {
                assert_eq!(counted(&db, query, limit, Limits::default()).await, rare, "{query}");
                assert_eq!(counted(&db, query, limit, all_common()).await, rare, "{query}");
                let narrow = Limits { budget: narrow, ..all_common() };
                assert_eq!(counted(&db, query, limit, narrow).await, rare, "{query}");
            }
        }
    }
}

#[tokio::test]
async fn the_same_is_marked_whether_words_are_common_or_not() {
    let folder = Folder::new();
    let (_index, db) = filled(&folder, 2).await;
    for query in ["men*", "\"three nin\"*", "please caf*", "the fil* -espresso", "th* esp*"] {
        let marked = async |limits| {
            let found = search_within(&db, &query.parse().unwrap(), 10, None, limits).await.unwrap();
            let groups = found.groups.into_iter().map(|mut group| {
                group.hits.sort_by_key(|hit| (hit.seq, hit.kind.clone()));
                group.hits
            });
            groups.collect::<Vec<_>>()
        };
        let rare = marked(Limits::default()).await;
        assert!(rare[0][0].snippet.iter().any(|piece| piece.marked), "{query}");
        assert_eq!(marked(all_common()).await, rare, "{query}");
    }
}

/// A session of needles, in hay of different lengths.
async fn needles(folder: &Folder, count: usize) -> (Index, Db) {
    let (mut index, db, _) = folder.open().await;
    let id = session(1);
    folder.record(&mut index, &start(&id, None));
    let said = |number: usize| {
        let hay = "hay ".repeat(number * 7 % count);
        let needles = "needle ".repeat(1 + number % 3);
        json!({ "role": "user", "content": format!("{needles}{hay}{number}") })
    };
    folder.record(&mut index, &asking(&id, "r1", 1, (0..count).map(said).collect()));
    index.flush(LONG).await.unwrap();
    (index, db)
}

/// The number at the end of each hit.
async fn numbers(db: &Db, query: &str, limits: Limits) -> (Vec<String>, Found) {
    let found = search_within(db, &query.parse().unwrap(), 10, None, limits).await.unwrap();
    let texts =
        sqlx::query_scalar::<_, String>("select text from messages").fetch_all(&db.readers()).await.unwrap();
    assert!(!texts.is_empty());
    let shown = found.groups.first().map(|group| &group.hits[..]).unwrap_or_default().iter();
    let numbers = shown.map(|hit| {
        let text: String = hit.snippet.iter().map(|piece| piece.text.as_str()).collect();
        text.rsplit(' ').next().unwrap_or_default().to_owned()
    });
    (numbers.collect(), found)
}

/// The same as FTS5 itself ranks them.
async fn ranked(db: &Db, words: &str) -> Vec<String> {
    let sql = "select text from messages_fts where messages_fts match ?1 order by rank, rowid limit 5";
    let texts: Vec<String> = sqlx::query_scalar(sql).bind(words).fetch_all(&db.readers()).await.unwrap();
    texts.iter().map(|text| text.rsplit(' ').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rare_words_rank_as_fts5_says_and_common_ones_by_length() {
    let folder = Folder::new();
    let (_index, db) = needles(&folder, 24).await;
    let best = ranked(&db, "needle").await;
    let (found, told) = numbers(&db, "needle", Limits::default()).await;
    assert_eq!(found, best);
    assert_eq!((told.groups[0].total, told.unranked), (24, vec![]));
    // Looked for session by session, and yet few enough to be ranked.
    let (found, told) = numbers(&db, "needle", Limits { few: 5, ..Limits::default() }).await;
    assert_eq!((found, told.unranked), (best.clone(), vec![]));

    let by_length = ["0", "7", "21", "4", "14"];
    assert_ne!(best, by_length);
    let (found, told) = numbers(&db, "needle", Limits { few: 5, ranked: 5, ..Limits::default() }).await;
    assert_eq!((found, told.unranked), (by_length.map(str::to_owned).to_vec(), vec!["needle".to_owned()]));
    assert_eq!(told.groups[0].total, 24);
}

#[tokio::test]
async fn words_that_are_too_common_leave_the_ranking_to_the_others() {
    let folder = Folder::new();
    let (_index, db) = needles(&folder, 24).await;
    let limits = Limits { few: 5, ranked: 23, ..Limits::default() };
    let (found, told) = numbers(&db, "needle hay", limits).await;
    assert_eq!(told.unranked, ["needle"], "it is in all 24, and hay in 23");
    assert_eq!(found, ranked(&db, "hay").await);
    assert_ne!(found, ranked(&db, "needle hay").await);
    let (_, told) = numbers(&db, "nee* hay", limits).await;
    assert_eq!(told.unranked, ["nee*"]);
}

#[tokio::test]
async fn what_was_not_looked_at_is_told() {
    let folder = Folder::new();
    let (_index, db) = needles(&folder, 24).await;
    let of_session = |texts_of_session| Limits {
        budget: Budget { texts_of_session, ..Limits::default().budget },
        ..all_common()
    };
    for (limits, total, has_more) in
        [(of_session(24), 24, false), (of_session(23), 23, true), (of_session(1), 1, true)]
    {
        for query in ["needle", "nee*"] {
            let found = search_within(&db, &query.parse().unwrap(), 10, None, limits).await.unwrap();
            let group = &found.groups[0];
            assert_eq!((group.total, group.has_more), (total, has_more), "{query}");
        }
    }
    let few_bytes = Limits { budget: Budget { bytes: 100, ..Limits::default().budget }, ..all_common() };
    let found = search_within(&db, &"nee*".parse().unwrap(), 10, None, few_bytes).await.unwrap();
    assert!(found.groups[0].has_more && found.groups[0].total < 24);
    let found = search_within(&db, &"needle".parse().unwrap(), 10, None, few_bytes).await.unwrap();
    assert_eq!(found.groups[0].total, 24, "its texts are not read");
}

#[tokio::test]
async fn a_page_ends_when_enough_was_looked_at_and_the_next_goes_on() {
    let folder = Folder::new();
    let (_index, db) = mixed(&folder, 12).await;
    let wanted = "esp*".parse().unwrap();
    let all: Vec<String> = (0..12).rev().map(|number| session(number).to_string()).collect();
    for budget in [
        Budget { first_sessions: 2, sessions: 2, ..Limits::default().budget },
        Budget { first_sessions: 3, texts: 2, ..Limits::default().budget },
        Budget { bytes: 1, ..Limits::default().budget },
    ] {
        let limits = Limits { budget, ..all_common() };
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = search_within(&db, &wanted, 10, after.as_ref(), limits).await.unwrap();
            assert!(page.groups.len() < 10, "{budget:?}");
            seen.extend(page.groups.into_iter().map(|group| group.session.id));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(pages > 2, "{budget:?}: {pages}");
        assert!(seen.is_sorted_by(|one, other| one > other), "{seen:?}");
        if budget.sessions == 2 {
            assert_eq!(seen, all);
        }
    }
}
