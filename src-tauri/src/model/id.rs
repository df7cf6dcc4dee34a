//! Names of things: sessions, requests, exchanges.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Timestamp;

/// A session's name: `YYYYMMDD-HHMMSS-` and eight hexadecimal digits, in UTC. It is also the log
/// file's stem, so nothing else is ever accepted as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SessionId(String);

/// A text that is not of the session id's form.
#[derive(Debug, thiserror::Error)]
#[error("not a session id: expected YYYYMMDD-HHMMSS-xxxxxxxx (x: a digit or a-f)")]
pub struct InvalidSessionId;

impl SessionId {
    /// A new id for a session that starts at `at`; the digits are random, so two sessions of one
    /// second differ.
    pub fn new(at: Timestamp) -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self(format!("{}-{}", at.compact(), &random[..8]))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 24
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 15 => byte == b'-',
                0..=14 => byte.is_ascii_digit(),
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidSessionId) }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A request's name in the logs (`_meta.request_id`): a random UUID, unique across restarts. The
/// recorder is idempotent by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// An id as it stands in a log line.
    pub fn from_log(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An exchange's number within one run of the proxy: what journal frames are keyed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_session_id_reads_back() {
        let id = SessionId::new(Timestamp::from_unix_ms(1_795_400_000_000));
        assert_eq!(id.as_str().parse::<SessionId>().unwrap(), id);
        assert!(id.as_str().starts_with("20261123-"), "{id}");
    }

    #[test]
    fn nothing_else_is_a_session_id() {
        for text in [
            "",
            "..",
            "20261123-030829-6F9842FE",
            "20261123-030829-6f9842f",
            "20261123_030829-6f9842fe",
            "20261123-030829-6f9842fe/",
        ] {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }
}
