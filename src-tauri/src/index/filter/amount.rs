//! Amounts as people write them: `10`, `>10k`, `1k..5k`, `5s`, `200ms`, `1MB`, `$0.5`.

use std::ops::RangeInclusive;

/// What is counted, in what the tables have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Things, such as tokens.
    Count,
    /// Milliseconds; without a unit seconds are meant.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// Billionths of a US dollar; without a unit dollars are meant.
    NanoUsd,
}

/// The amounts that a value means; `None` when it is no amount.
pub(super) fn read(value: &str, unit: Unit) -> Option<RangeInclusive<i64>> {
    between(value, |text| amount(text, unit))
}

/// `5`, `=5`, `>5`, `>=5`, `<5`, `<=5`, `1..5`, `1..` and `..5`, the numbers read by `number`.
pub(super) fn between(value: &str, number: impl Fn(&str) -> Option<i64>) -> Option<RangeInclusive<i64>> {
    if let Some((least, most)) = value.split_once("..") {
        let end = |text: &str, open: i64| if text.is_empty() { Some(open) } else { number(text) };
        return (value != "..").then_some(end(least, i64::MIN)?..=end(most, i64::MAX)?);
    }
    let written = value.trim_start_matches(['<', '>', '=']);
    let exact = number(written)?;
    match &value[..value.len() - written.len()] {
        "" | "=" => Some(exact..=exact),
        ">=" => Some(exact..=i64::MAX),
        ">" => Some(exact.checked_add(1)?..=i64::MAX),
        "<=" => Some(i64::MIN..=exact),
        "<" => Some(i64::MIN..=exact.checked_sub(1)?),
        _ => None,
    }
}

fn amount(text: &str, unit: Unit) -> Option<i64> {
    let text = if unit == Unit::NanoUsd { text.strip_prefix('$').unwrap_or(text) } else { text };
    let letters = text.find(|letter: char| letter != '.' && !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(letters);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let amount = (digits.parse::<f64>().ok()? * factor(suffix, unit)?).round();
    // What is beyond is more than anything that is in the tables.
    (amount < 9e18).then_some(amount as i64)
}

fn factor(suffix: &str, unit: Unit) -> Option<f64> {
    let factor = match (unit, suffix.to_ascii_lowercase().as_str()) {
        (Unit::Count, "") => 1.0,
        (Unit::Count, "k") => 1e3,
        (Unit::Count, "m") => 1e6,
        (Unit::Milliseconds, "ms") => 1.0,
        (Unit::Milliseconds, "" | "s") => 1e3,
        (Unit::Milliseconds, "m" | "min") => 60e3,
        (Unit::Milliseconds, "h") => 3_600e3,
        (Unit::Milliseconds, "d") => 86_400e3,
        (Unit::Bytes, "" | "b") => 1.0,
        (Unit::Bytes, "k" | "kb") => 1e3,
        (Unit::Bytes, "m" | "mb") => 1e6,
        (Unit::Bytes, "g" | "gb") => 1e9,
        (Unit::Bytes, "kib") => 1024.0,
        (Unit::Bytes, "mib") => 1024.0 * 1024.0,
        (Unit::Bytes, "gib") => 1024.0 * 1024.0 * 1024.0,
        (Unit::NanoUsd, "") => 1e9,
        _ => return None,
    };
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units_and_are_compared() {
        for (unit, text, range) in [
            (Unit::Count, "10", 10..=10),
            (Unit::Count, ">10k", 10_001..=i64::MAX),
            (Unit::Count, "1.5k..5M", 1500..=5_000_000),
            (Unit::Count, "..5", i64::MIN..=5),
            (Unit::Milliseconds, ">5s", 5001..=i64::MAX),
            (Unit::Milliseconds, "<200ms", i64::MIN..=199),
            (Unit::Milliseconds, "2", 2000..=2000),
            (Unit::Milliseconds, "1m..", 60_000..=i64::MAX),
            (Unit::Bytes, "<=1MB", i64::MIN..=1_000_000),
            (Unit::Bytes, "1KiB", 1024..=1024),
            (Unit::NanoUsd, ">=$0.5", 500_000_000..=i64::MAX),
            (Unit::NanoUsd, "$.1..2", 100_000_000..=2_000_000_000),
        ] {
            assert_eq!(read(text, unit), Some(range), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in [
            "", "x", "..", "-1", "5q", ">", "=>4", "<>4", "1..x", "1e3", "nan", "inf", ".", "1.2.3", "$5",
            "é",
        ] {
            assert_eq!(read(text, Unit::Count), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(400), Unit::Count), None);
        assert_eq!(read("10", Unit::Bytes), Some(10..=10));
        assert_eq!(read("5", Unit::NanoUsd), Some(5_000_000_000..=5_000_000_000));
        assert_eq!(read("5s", Unit::Bytes), None);
    }
}
