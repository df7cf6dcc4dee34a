//! "Did you mean": the allowed word that a mistyped one is closest to.

/// The candidate within two edits of `word`, or within a third of its length for long words.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let reach = (word.chars().count() / 3).max(2);
    candidates
        .iter()
        .map(|candidate| (edits(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance: how many letters to insert, remove or replace.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        row[0] = left;
        for (cell, other) in row[1..].iter_mut().zip(to.chars()) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (from, to, distance) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("port", "prot", 2), ("kitten", "sitting", 3)]
        {
            assert_eq!(edits(from, to), distance, "{from} {to}");
        }
    }

    #[test]
    fn only_a_near_word_is_offered() {
        let keys = ["port", "log_dir", "connect_timeout_seconds"];
        assert_eq!(nearest("prot", &keys), Some("port"));
        assert_eq!(nearest("logdir", &keys), Some("log_dir"));
        assert_eq!(nearest("connect_timeout_secs", &keys), Some("connect_timeout_seconds"));
        assert_eq!(nearest("colour", &keys), None);
    }
}
