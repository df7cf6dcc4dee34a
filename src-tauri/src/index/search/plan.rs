//! How a search is gone about, by how common its words are. What it costs must not grow with the texts that have a
//! word: how many they are is counted only as far as it matters.

use sqlx::SqliteConnection;

use super::beginning::{Beginning, words};
use super::{Search, statement};
use crate::index::filter::Word;
use crate::index::query::Result;

/// Words in no more texts than this are looked up everywhere, and so are beginnings of words that stand in no more
/// places. Others are looked for in one session after the other.
pub(super) const FEW: u32 = 2_000;

/// Words in more texts than this do not count in what comes first: FTS5's `bm25` counts all texts that have a word
/// before it ranks one.
pub(super) const MOST_RANKED: u32 = 30_000;

/// The numbers above, which tests make small.
#[derive(Debug, Clone, Copy)]
pub(in crate::index) struct Limits {
    /// [`FEW`]
    pub(in crate::index) few: u32,
    /// [`MOST_RANKED`]
    pub(in crate::index) ranked: u32,
    /// What a search looks at before it gives what it has.
    pub(in crate::index) budget: Budget,
}

/// What may be looked at.
#[derive(Debug, Clone, Copy)]
pub(in crate::index) struct Budget {
    /// Sessions at first, then twice as many, and so on:
    pub(in crate::index) first_sessions: u32,
    /// sessions in all,
    pub(in crate::index) sessions: u32,
    /// texts that have the words,
    pub(in crate::index) texts: u32,
    /// of them for each session, the newest,
    pub(in crate::index) texts_of_session: u32,
    /// and bytes of those that have to be read.
    pub(in crate::index) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let budget = Budget {
            first_sessions: 40,
            sessions: 10_000,
            texts: 20_000,
            texts_of_session: 500,
            bytes: 16 << 20,
        };
        Self { few: FEW, ranked: MOST_RANKED, budget }
    }
}

/// How to find what has a search's words.
#[derive(Debug, Clone)]
pub(in crate::index) struct Plan {
    /// What FTS5 looks for,
    pub(super) words: Vec<Word>,
    /// and what is looked for in texts: beginnings that are common.
    pub(super) beginnings: Vec<Beginning>,
    /// The words by which texts are ranked.
    pub(super) ranking: Vec<Word>,
    /// Those that are too common for it, as typed.
    pub(super) unranked: Vec<String>,
    /// Whether few texts have what FTS5 is asked for.
    pub(super) is_few: bool,
}

impl Plan {
    pub(in crate::index) async fn of(
        connection: &mut SqliteConnection,
        search: &Search,
        limits: Limits,
    ) -> Result<Self> {
        let mut plan = Self {
            words: Vec::new(),
            beginnings: Vec::new(),
            ranking: Vec::new(),
            unranked: Vec::new(),
            is_few: false,
        };
        let mut fewest = None;
        for word in &search.words {
            let parts: Vec<String> = words(&word.text).collect();
            let beginning = match parts.last().filter(|last| word.prefix && !has_entry(last)) {
                Some(last) if is_common(connection, last, limits).await? => {
                    Beginning::new(&parts, word.excluded)
                }
                Some(_) | None => None,
            };
            let is_ranked = beginning.is_none();
            match beginning {
                Some(beginning) => plan.beginnings.push(beginning),
                None => plan.words.push(word.clone()),
            }
            if word.excluded {
                continue;
            }
            let texts = fewest_texts(connection, word, &parts, is_ranked, limits).await?;
            fewest = [fewest, texts].into_iter().flatten().min();
            if is_ranked && texts.is_none_or(|texts| texts <= limits.ranked) {
                plan.ranking.push(word.clone());
            } else {
                plan.unranked.push(word.text.clone());
            }
        }
        plan.is_few = match fewest {
            // What is no word to SQLite is in no text.
            None => true,
            Some(texts) if texts <= limits.few => true,
            // Few may have all words although many have each. The rarest bounds what that costs to tell.
            Some(texts) if texts <= limits.ranked => {
                let mut sql = statement::texts(&plan.asked(), limits.few);
                let together: u32 = sql.build_query_scalar().fetch_one(connection).await?;
                together <= limits.few
            }
            Some(_) => false,
        };
        Ok(plan)
    }

    /// What FTS5 is asked for. Each text that fits has it.
    pub(super) fn asked(&self) -> Vec<Word> {
        let in_place = self.beginnings.iter().filter_map(|beginning| beginning.asked.clone());
        self.words.iter().cloned().chain(in_place).collect()
    }

    /// Whether texts themselves have to be looked at.
    pub(super) fn reads_texts(&self) -> bool {
        !self.beginnings.is_empty()
    }

    /// Whether a text that FTS5 gave has all the rest.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.beginnings.iter().all(|beginning| beginning.fits(text))
    }
}

/// Whether `messages_fts` has an entry for what begins so.
fn has_entry(beginning: &str) -> bool {
    beginning.chars().count() == 2
}

async fn is_common(connection: &mut SqliteConnection, beginning: &str, limits: Limits) -> Result<bool> {
    let places: u32 =
        statement::places(beginning, limits.few).build_query_scalar().fetch_one(connection).await?;
    Ok(places > limits.few)
}

/// How many texts have the rarest of a phrase's words; what is more than `limits.ranked` is not told apart. None: it has
/// no words. A common beginning tells nothing; one that is rare has few texts.
async fn fewest_texts(
    connection: &mut SqliteConnection,
    word: &Word,
    parts: &[String],
    is_ranked: bool,
    limits: Limits,
) -> Result<Option<u32>> {
    let mut fewest = None;
    for (at, part) in parts.iter().enumerate() {
        let is_beginning = word.prefix && at + 1 == parts.len();
        let texts = match is_beginning && !has_entry(part) {
            true if is_ranked => limits.few,
            true => u32::MAX,
            false => {
                let part = Word { text: part.clone(), prefix: is_beginning, excluded: false };
                let mut sql = statement::texts(&[part], limits.ranked);
                sql.build_query_scalar().fetch_one(&mut *connection).await?
            }
        };
        fewest = Some(fewest.map_or(texts, |least: u32| least.min(texts)));
    }
    Ok(fewest)
}
