//! Text as it stands in logs: few words are said often and many rarely, so that a search meets both.

use crate::random::Random;

/// The words that are said most, most frequent first.
const FREQUENT: [&str; 96] = [
    "the",
    "to",
    "of",
    "and",
    "in",
    "is",
    "that",
    "for",
    "it",
    "file",
    "with",
    "this",
    "function",
    "test",
    "not",
    "be",
    "as",
    "on",
    "return",
    "error",
    "from",
    "we",
    "line",
    "value",
    "if",
    "when",
    "so",
    "are",
    "which",
    "code",
    "one",
    "now",
    "has",
    "let",
    "use",
    "type",
    "name",
    "path",
    "its",
    "config",
    "server",
    "request",
    "response",
    "session",
    "index",
    "query",
    "table",
    "column",
    "string",
    "number",
    "list",
    "module",
    "build",
    "run",
    "fails",
    "passes",
    "handler",
    "import",
    "struct",
    "method",
    "class",
    "record",
    "parser",
    "token",
    "buffer",
    "stream",
    "thread",
    "queue",
    "retry",
    "timeout",
    "cache",
    "memory",
    "socket",
    "header",
    "encode",
    "decode",
    "schema",
    "migration",
    "commit",
    "branch",
    "release",
    "version",
    "button",
    "window",
    "color",
    "layout",
    "invoice",
    "customer",
    "payment",
    "checkout",
    "catalog",
    "report",
    "export",
    "ledger",
    "webhook",
    "scheduler",
];

/// What the rare words are made of.
const SYLLABLES: [&str; 32] = [
    "ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "dra", "ple", "qui", "sto", "gra", "fen",
    "lor", "mar", "nix", "pol", "rus", "sil", "tan", "ver", "wil", "xan", "yor", "zel", "bri", "cla", "dor",
    "eck",
];

/// How many different words there are.
const WORDS: f64 = 40_000.0;

/// Values of 16 bits.
const DRAWN: usize = 1 << 16;

/// Words, drawn so that the tenth is said a tenth as often as the first.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    words: Vec<String>,
    /// Words by 16 random bits.
    drawn: Vec<u16>,
}

impl Vocabulary {
    pub(crate) fn new() -> Self {
        let mut random = Random::of(0, 0);
        let mut words: Vec<String> = FREQUENT.iter().map(|word| (*word).to_owned()).collect();
        while (words.len() as f64) < WORDS {
            let syllables = random.between(2, 4);
            words.push((0..syllables).map(|_| *random.pick(&SYLLABLES)).collect());
        }
        let rank = |bits: usize| WORDS.powf(bits as f64 / (DRAWN - 1) as f64) as usize - 1;
        let drawn = (0..DRAWN).map(|bits| rank(bits).min(words.len() - 1) as u16).collect();
        Self { words, drawn }
    }

    fn word(&self, random: &mut Random) -> &str {
        let bits = (random.next() >> 48) as usize;
        &self.words[usize::from(self.drawn[bits])]
    }

    /// Prose of some `bytes`.
    pub(crate) fn prose(&self, random: &mut Random, bytes: u64) -> String {
        let mut text = String::with_capacity(bytes as usize + 16);
        while (text.len() as u64) < bytes {
            text.push_str(self.word(random));
            text.push_str(match random.next() % 24 {
                0 => ".\n",
                1 | 2 => ". ",
                3 => ", ",
                _ => " ",
            });
        }
        text
    }

    /// What a tool printed: numbered lines of code.
    pub(crate) fn listing(&self, random: &mut Random, bytes: u64) -> String {
        let mut text = String::with_capacity(bytes as usize + 32);
        let mut line = random.between(1, 400);
        while (text.len() as u64) < bytes {
            text.push_str(&format!("{line:>6}\t    let {} = ", self.word(random)));
            for _ in 0..random.between(1, 5) {
                text.push_str(self.word(random));
                let sign: &&str = random.pick(&["(", ").", " + \"", "\", ", "::", "_"]);
                text.push_str(sign);
            }
            text.push_str(";\n");
            line += 1;
        }
        text
    }
}

/// Base64 of a picture.
pub(crate) fn picture(random: &mut Random, bytes: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("iVBORw0KGgo");
    while (text.len() as u64) < bytes {
        let mut bits = random.next();
        for _ in 0..10 {
            text.push(LETTERS[(bits & 63) as usize] as char);
            bits >>= 6;
        }
    }
    text.truncate(text.len() / 4 * 4);
    text
}

/// Adds a text as a JSON string.
pub(crate) fn push_json(json: &mut String, text: &str) {
    json.push_str(&serde_json::to_string(text).expect("text is always JSON"));
}
