//! Numbers and times as people read them.

use crate::model::Timestamp;

/// A count, short: `999`, `12.3k`, `4.5M`.
pub(super) fn count(number: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    match UNITS.into_iter().find(|(unit, _)| number >= *unit) {
        Some((unit, name)) if number >= unit * 100 => format!("{}{name}", number / unit),
        Some((unit, name)) => format!("{}.{}{name}", number / unit, number % unit * 10 / unit),
        None => number.to_string(),
    }
}

/// A size: `999 bytes`, `102 KB`, `3.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000.. => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A duration in milliseconds: `480 ms`, `12.3 s`, `4 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        120_000.. => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// US dollars: `$12.30`, below a cent `$0.0042`.
pub(super) fn money(usd: f64) -> String {
    match usd {
        // What rounds to a cent is one.
        0.00995.. => format!("${usd:.2}"),
        0.00005.. => format!("${usd:.4}"),
        0.0 => "$0.00".to_owned(),
        _ => "<$0.0001".to_owned(),
    }
}

/// `2026-11-23 03:08:29`, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    let text = at.to_string().replace('T', " ");
    text.split(['.', 'Z']).next().unwrap_or_default().to_owned()
}

/// The text, cut to a number of characters.
pub(super) fn cut(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Rows as columns two spaces apart. The last column is not padded; names in `right` columns are
/// pushed to the right.
pub(super) fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().enumerate().map(|(at, cell)| pad(cell, widths[at], right.contains(&at))).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn pad(cell: &str, width: usize, right: bool) -> String {
    if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.0k"),
            (12_345, "12.3k"),
            (123_456, "123k"),
            (4_560_000, "4.5M"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(
            (size(999), size(102_400), size(3_450_000)),
            ("999 bytes".into(), "102 KB".into(), "3.4 MB".into())
        );
        assert_eq!(
            (duration(480), duration(12_340), duration(245_000)),
            ("480 ms".into(), "12.3 s".into(), "4 min 5 s".into())
        );
        assert_eq!(count(u64::MAX), "18446744073G");
    }

    #[test]
    fn money_is_shown_to_the_cent_and_below_a_cent_to_its_hundredth() {
        for (usd, text) in [
            (0.0, "$0.00"),
            (0.000_01, "<$0.0001"),
            (0.000_05, "$0.0001"),
            (0.004_2, "$0.0042"),
            (0.009_94, "$0.0099"),
            (0.009_96, "$0.01"),
            (0.41, "$0.41"),
            (1_234.567, "$1234.57"),
        ] {
            assert_eq!(money(usd), text);
        }
    }

    #[test]
    fn times_lose_their_fraction() {
        let at = Timestamp::parse("2026-11-23T03:08:29.42Z").unwrap();
        assert_eq!(time(at), "2026-11-23 03:08:29");
        assert_eq!(time(Timestamp::from_unix_ms(0)), "1970-01-01 00:00:00");
    }

    #[test]
    fn columns_line_up() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = table(&[row(["ID", "N", "TITLE"]), row(["abc", "12", "ü"])], &[1]);
        assert_eq!(text, "ID    N  TITLE\nabc  12  ü\n");
        assert_eq!(cut("Grüße", 4), "Grü…");
    }
}
