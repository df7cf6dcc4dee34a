//! The wall clock, in one place. Durations come from `std::time::Instant`, never from here.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.utc().to_rfc3339_opts(SecondsFormat::Nanos, true);
        let (seconds, fraction) = text.trim_end_matches('Z').split_once('.').unwrap_or((&text, ""));
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{seconds}Z"),
            fraction => write!(f, "{seconds}.{fraction}Z"),
        }
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

    #[test]
    fn any_offset_is_read() {
        let local = Timestamp::parse("2026-11-23T04:08:29.5+01:00").unwrap();
        assert_eq!(local.to_string(), "2026-11-23T03:08:29.5Z");
    }
}
