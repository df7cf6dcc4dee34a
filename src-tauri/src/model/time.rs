//! The wall clock, in one place. Durations come from `std::time::Instant`, never from here.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

/// An instant of the wall clock: nanoseconds since 1970 in UTC. Written as RFC 3339 with the
/// fraction that it has (`2026-11-23T03:08:29.42Z`), read in any offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, type = "string"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// The wall clock, now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    pub fn now() -> Self {
        Self(Utc::now().timestamp_nanos_opt().unwrap_or(i64::MAX))
    }

    /// From milliseconds since 1970.
    pub fn from_unix_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From nanoseconds since 1970.
    pub fn from_unix_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// Milliseconds since 1970.
    pub fn unix_ms(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Nanoseconds since 1970.
    pub fn unix_ns(self) -> i64 {
        self.0
    }

    /// This instant, later by `duration`.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// `YYYYMMDD-HHMMSS`, as session ids begin.
    pub fn compact(self) -> String {
        self.utc().format("%Y%m%d-%H%M%S").to_string()
    }

    /// `YYYY-MM-DD`, the name of a day's folder.
    pub fn date(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// `HH:MM:SS`, the time of day in UTC.
    pub fn time(self) -> String {
        self.utc().format("%H:%M:%S").to_string()
    }

    /// Reads RFC 3339 in any offset.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt().map(Self)
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.0)
    }
}

impl fmt::Display for Timestamp {
    /// By hand: a stream's line in the log has one for each of its events, and chrono takes ten times as long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.utc().naive_utc();
        let (date, time) = (utc.date(), utc.time());
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        // Nanoseconds in 64 bits end in 2262, and begin in 1677.
        let parts = [
            (0..4, date.year().unsigned_abs()),
            (5..7, date.month()),
            (8..10, date.day()),
            (11..13, time.hour()),
            (14..16, time.minute()),
            (17..19, time.second()),
            (20..29, time.nanosecond()),
        ];
        for (place, number) in parts {
            write_digits(&mut text[place], number);
        }
        let zeros = text[20..29].iter().rev().take_while(|digit| **digit == b'0').count();
        let end = if zeros == 9 { 19 } else { 29 - zeros };
        text[end] = b'Z';
        f.write_str(std::str::from_utf8(&text[..=end]).unwrap_or_default())
    }
}

/// Right-aligned, over zeros.
fn write_digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_with_the_fraction_it_has() {
        for text in ["2026-11-23T03:08:29.420158452Z", "2026-11-23T03:08:29.42Z", "2026-11-23T03:08:29Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_instant_is_written_as_chrono_writes_it(ns: i64) {
            let chronos = DateTime::from_timestamp_nanos(ns).to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
            let (seconds, fraction) = chronos.trim_end_matches('Z').split_once('.').unwrap();
            let fraction = fraction.trim_end_matches('0');
            let dot = if fraction.is_empty() { "" } else { "." };
            proptest::prop_assert_eq!(Timestamp(ns).to_string(), format!("{seconds}{dot}{fraction}Z"));
        }
    }

    #[test]
    fn any_offset_is_read() {
        let local = Timestamp::parse("2026-11-23T04:08:29.5+01:00").unwrap();
        assert_eq!(local.to_string(), "2026-11-23T03:08:29.5Z");
    }
}
