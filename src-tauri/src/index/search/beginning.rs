//! Beginnings of words, looked for in a text. FTS5 finds them by putting together the places of all words that begin
//! so, whatever it is asked for: where there are many, the texts at hand are looked at instead. What is a word,
//! and which letters are alike, is as in the table `messages_fts` (`unicode61 remove_diacritics 2`).

use std::sync::LazyLock;

use regex::Regex;

use crate::index::filter::Word;

/// Characters of words. Accents that stand alone, as far as SQLite knows them, are part of the word before them.
const LETTER: &str = r"[\p{L}\p{N}\p{Co}\u{300}-\u{304}\u{306}-\u{30c}\u{30f}\u{311}\u{31b}\u{323}-\u{328}\u{32d}\u{32e}\u{330}\u{331}]";

/// Accents that stand alone.
const ACCENTS: &str =
    r"[\u{300}-\u{304}\u{306}-\u{30c}\u{30f}\u{311}\u{31b}\u{323}-\u{328}\u{32d}\u{32e}\u{330}\u{331}]*";

/// Letters with accents that are taken for those without.
const ACCENTED: [(char, &str); 25] = [
    ('a', "àáâãäåāăąǎǟǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ('b', "ḃḅḇ"),
    ('c', "çćĉċčḉ"),
    ('d', "ďḋḍḏḑḓ"),
    ('e', "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('f', "ḟ"),
    ('g', "ĝğġģǧǵḡ"),
    ('h', "ĥȟḣḥḧḩḫẖ"),
    ('i', "ìíîïĩīĭįİǐȉȋḭḯỉị"),
    ('j', "ĵǰ"),
    ('k', "ķǩḱḳḵ"),
    ('l', "ĺļľḷḹḻḽ"),
    ('m', "ḿṁṃ"),
    ('n', "ñńņňǹṅṇṉṋ"),
    ('o', "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ('p', "ṕṗ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('s', "śŝşšſșṡṣṥṧṩẛ"),
    ('t', "ţťțṫṭṯṱẗ"),
    ('u', "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('v', "ṽṿ"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('x', "ẋẍ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('z', "źżžẑẓẕ"),
];

static WORDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("{LETTER}+")).expect("a constant pattern compiles"));

static IS_ACCENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("^{ACCENTS}$")).expect("a constant pattern compiles"));

/// The words of a text, as SQLite keeps them.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    WORDS.find_iter(text).map(|word| fold(word.as_str())).filter(|word| !word.is_empty())
}

fn fold(word: &str) -> String {
    let folded = word.chars().filter(|letter| !IS_ACCENT.is_match(letter.encode_utf8(&mut [0; 4])));
    folded.flat_map(|letter| without_accent(letter).to_lowercase()).collect()
}

fn without_accent(letter: char) -> char {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    let plain = |(_, accented): &&(char, &str)| accented.contains(letter) || accented.contains(lower);
    ACCENTED.iter().find(plain).map_or(letter, |(plain, _)| *plain)
}

/// The beginning of a word, perhaps behind words in a row.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    /// What FTS5 is asked for instead, without which no text can have it; none: there is nothing.
    pub(super) asked: Option<Word>,
    /// Whether what has it is left out.
    pub(super) excluded: bool,
    pattern: Regex,
}

impl Beginning {
    /// None if it is too long to be looked for in texts.
    pub(super) fn new(words: &[String], excluded: bool) -> Option<Self> {
        let (last, before) = words.split_last()?;
        let start: String = last.chars().take(2).collect();
        let has_entry = start.chars().count() == 2;
        let row: Vec<&str> =
            before.iter().map(String::as_str).chain(has_entry.then_some(start.as_str())).collect();
        let asked = (!row.is_empty() && !excluded).then(|| Word {
            text: row.join(" "),
            prefix: has_entry,
            excluded: false,
        });
        let words: Vec<String> = words.iter().map(|word| pattern(word)).collect();
        let not_letter = LETTER.replacen('[', "[^", 1);
        let row = words.join(&format!("{not_letter}+"));
        let pattern = Regex::new(&format!("(?i)(?:^|{not_letter})({row}{LETTER}*)")).ok()?;
        Some(Self { asked, excluded, pattern })
    }

    /// Whether it is as it should be: there, or not there.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.pattern.is_match(text) != self.excluded
    }

    /// The whole words, in a row, that it is the beginning of.
    pub(super) fn found<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.pattern.captures_iter(text).filter_map(|found| found.get(1)).map(|found| found.as_str())
    }
}

/// A folded word in all letters that fold to it.
fn pattern(word: &str) -> String {
    let letter = |letter: char| {
        let accented =
            ACCENTED.iter().find(|(plain, _)| *plain == letter).map_or("", |(_, accented)| accented);
        format!("[{}{accented}]{ACCENTS}", regex::escape(&letter.to_string()))
    };
    word.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

    use super::*;

    async fn fts5() -> SqliteConnection {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        for sql in [
            "create virtual table texts using fts5 (text, tokenize = 'unicode61 remove_diacritics 2')",
            "create virtual table texts_words using fts5vocab (texts, 'instance')",
        ] {
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
        connection
    }

    #[tokio::test]
    async fn letters_are_alike_where_sqlite_says_so() {
        let mut connection = fts5().await;
        // Latin with all its accents, Greek, Cyrillic, Armenian.
        let letters: Vec<char> = (0x80..0x590)
            .chain(0x1e00..0x2100)
            .filter_map(char::from_u32)
            .filter(|letter| letter.is_alphanumeric() || IS_ACCENT.is_match(&letter.to_string()))
            .collect();
        for letter in &letters {
            let insert = sqlx::query("insert into texts (rowid, text) values (?1, ?2)");
            insert
                .bind(i64::from(*letter as u32))
                .bind(format!("q{letter}q"))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        let rows = sqlx::query("select doc, group_concat(term, ' ') as terms from (select doc, term from texts_words order by doc, offset) group by doc")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert_eq!(rows.len(), letters.len());
        let mut others = Vec::new();
        for row in rows {
            let letter = char::from_u32(row.get::<u32, _>("doc")).unwrap();
            let text = format!("q{letter}q");
            let theirs: String = row.get("terms");
            let ours: Vec<String> = words(&text).collect();
            let is_found =
                Beginning::new(&[theirs.split(' ').next().unwrap().to_owned()], false).unwrap().fits(&text);
            if ours.join(" ") != theirs || !is_found {
                others.push(letter);
            }
        }
        // Variants of Greek letters, and letters that are younger than SQLite's tables.
        let known = ['µ', 'Ϳ', 'ς', 'ϐ', 'ϑ', 'ϕ', 'ϖ', 'ϰ', 'ϱ', 'ϵ', 'Ԩ', 'Ԫ', 'Ԭ', 'Ԯ', '\u{1fbe}'];
        assert_eq!(others, known);
    }

    fn beginning(text: &str) -> Beginning {
        Beginning::new(&words(text).collect::<Vec<_>>(), false).unwrap()
    }

    #[test]
    fn they_begin_words_and_nothing_else() {
        let found = |wanted: &str, text: &'static str| beginning(wanted).found(text).collect::<Vec<_>>();
        assert_eq!(
            found("ver", "never ever Version, VÉRITÉ;ve\u{301}rb ver ve"),
            ["Version", "VÉRITÉ", "ve\u{301}rb", "ver"]
        );
        assert_eq!(
            found("three nin", "three - Ninety, three ten nine; thirty-three.nine"),
            ["three - Ninety", "three.nine"]
        );
        assert_eq!(found("v", "a v_w"), ["v"]);
        assert_eq!(found("日本", "東京 日本語"), ["日本語"]);
    }

    #[test]
    fn fts5_is_asked_for_what_it_has_an_entry_of() {
        let asked = |text: &str| beginning(text).asked.map(|word| (word.text, word.prefix));
        assert_eq!(asked("Vérs"), Some(("ve".to_owned(), true)));
        assert_eq!(asked("three nin"), Some(("three ni".to_owned(), true)));
        assert_eq!(asked("three n"), Some(("three".to_owned(), false)));
        assert_eq!(asked("n"), None);
        let excluded = Beginning::new(&["ver".to_owned()], true).unwrap();
        assert_eq!(excluded.asked, None);
        assert!(excluded.fits("never") && !excluded.fits("a version"));
    }
}
