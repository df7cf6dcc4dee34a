//! The filters: their names, values, and what they mean in SQL.

use std::ops::RangeInclusive;

use sqlx::{QueryBuilder, Sqlite};

use super::language::SearchSyntaxError;
use crate::model::Timestamp;

/// A filter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Part of the name of the program that asked.
    Client,
    /// Part of the model's name.
    Model,
    /// The HTTP status.
    Status,
    /// What kind of exchange.
    Is,
    /// The beginning of the session's id.
    Session,
    /// Who says it.
    Role,
    /// In what kind of text.
    In,
    /// In exchanges that began before.
    Before,
    /// In exchanges that began then or later.
    After,
    /// Part of the name of the tool that is called, or whose result it is.
    Tool,
}

const KEYS: [(Key, &str); 10] = [
    (Key::Client, "client"),
    (Key::Model, "model"),
    (Key::Status, "status"),
    (Key::Is, "is"),
    (Key::Session, "session"),
    (Key::Role, "role"),
    (Key::In, "in"),
    (Key::Before, "before"),
    (Key::After, "after"),
    (Key::Tool, "tool"),
];

/// Who can say something, as the table has it.
const ROLES: [&str; 4] = ["user", "assistant", "system", "tool"];

/// Where something can be said, and as what role and kind the table has it.
const PLACES: [(&str, &str, &str); 6] = [
    ("prompt", "user", "text"),
    ("answer", "assistant", "text"),
    ("thinking", "assistant", "thinking"),
    ("tool", "assistant", "tool_call"),
    ("result", "tool", "tool_result"),
    ("system", "system", "system"),
];

/// One value of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Part of the client's name.
    Client(String),
    /// Part of the model's name.
    Model(String),
    /// A status in this range.
    Status(RangeInclusive<u16>),
    /// Something went wrong.
    Error,
    /// The beginning of the session's id.
    Session(String),
    /// This role.
    Role(&'static str),
    /// This role and kind.
    In(&'static str, &'static str),
    /// Began before this, in milliseconds since 1970.
    Before(i64),
    /// Began at this or later.
    After(i64),
    /// Part of the tool's name.
    Tool(String),
}

impl Key {
    /// The filter of this name.
    pub fn named(name: &str) -> Option<Self> {
        KEYS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(key, _)| *key)
    }

    /// All names, for people.
    pub fn list() -> String {
        KEYS.map(|(_, name)| format!("{name}:")).join(" ")
    }

    fn name(self) -> &'static str {
        KEYS.iter().find(|(key, _)| *key == self).map_or("", |(_, name)| name)
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Client | Self::Model | Self::Tool => "part of a name",
            Self::Status => "429, >=400, <500 or 400..499",
            Self::Is => "error",
            Self::Session => "the beginning of a session's id",
            Self::Role => "user, assistant, system or tool",
            Self::In => "prompt, answer, thinking, tool, result or system",
            Self::Before | Self::After => {
                "2026-11-23 or 2026-11-23T03:08:29Z, a day beginning at midnight UTC"
            }
        }
    }
}

impl Filter {
    /// Reads a value.
    pub(super) fn read(key: Key, value: &str) -> Result<Self, SearchSyntaxError> {
        let read = match key {
            _ if value.is_empty() => None,
            Key::Client => Some(Self::Client(value.to_owned())),
            Key::Model => Some(Self::Model(value.to_owned())),
            Key::Tool => Some(Self::Tool(value.to_owned())),
            Key::Session => Some(Self::Session(value.to_owned())),
            Key::Status => statuses(value).map(Self::Status),
            Key::Is => (value == "error").then_some(Self::Error),
            Key::Role => ROLES.into_iter().find(|role| *role == value).map(Self::Role),
            Key::In => {
                PLACES.into_iter().find(|place| place.0 == value).map(|(_, role, kind)| Self::In(role, kind))
            }
            Key::Before => time_ms(value).map(Self::Before),
            Key::After => time_ms(value).map(Self::After),
        };
        let bad = || SearchSyntaxError::BadValue {
            key: key.name(),
            value: value.to_owned(),
            allowed: key.allowed(),
        };
        read.ok_or_else(bad)
    }

    /// Adds the condition, over a message `m` and its exchange `e`. It is never null.
    pub(super) fn push(&self, sql: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Client(part) => push_part(sql, "e.client_name", part),
            Self::Model(part) => push_part(sql, "e.model", part),
            Self::Tool(part) => push_part(sql, "m.tool", part),
            Self::Status(range) => {
                sql.push("coalesce(e.status, -1) between ").push_bind(*range.start());
                sql.push(" and ").push_bind(*range.end());
            }
            Self::Error => {
                sql.push(
                    "(coalesce(e.status, 0) >= 400
                      or coalesce(e.end_kind, '') in ('upstream_error', 'upstream_truncated', 'proxy_killed', 'refused')
                      or (e.error is not null and e.end_kind is not 'client_aborted'))",
                );
            }
            Self::Session(prefix) => {
                // U+FFFF sorts after every character of an id.
                sql.push("(m.session >= ").push_bind(prefix.clone());
                sql.push(" and m.session < ").push_bind(format!("{prefix}\u{ffff}")).push(")");
            }
            Self::Role(role) => {
                sql.push("m.role = ").push_bind(*role);
            }
            Self::In(role, kind) => {
                sql.push("(m.role = ").push_bind(*role).push(" and m.kind = ").push_bind(*kind).push(")");
            }
            Self::Before(ms) => {
                sql.push("e.started_ms < ").push_bind(*ms);
            }
            Self::After(ms) => {
                sql.push("e.started_ms >= ").push_bind(*ms);
            }
        }
    }
}

fn push_part(sql: &mut QueryBuilder<Sqlite>, column: &str, part: &str) {
    sql.push("instr(lower(coalesce(").push(column).push(", '')), lower(");
    sql.push_bind(part.to_owned()).push(")) > 0");
}

fn statuses(value: &str) -> Option<RangeInclusive<u16>> {
    if let Some((least, most)) = value.split_once("..") {
        return Some(least.parse().ok()?..=most.parse().ok()?);
    }
    let number = value.trim_start_matches(['<', '>', '=']).parse::<u16>().ok()?;
    match &value[..value.len() - value.trim_start_matches(['<', '>', '=']).len()] {
        "" | "=" => Some(number..=number),
        ">=" => Some(number..=u16::MAX),
        ">" => Some(number.checked_add(1)?..=u16::MAX),
        "<=" => Some(0..=number),
        "<" => Some(0..=number.checked_sub(1)?),
        _ => None,
    }
}

/// A day's beginning in UTC, or a moment.
fn time_ms(value: &str) -> Option<i64> {
    Timestamp::parse(value)
        .or_else(|| Timestamp::parse(&format!("{value}T00:00:00Z")))
        .map(Timestamp::unix_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_compared() {
        for (text, range) in [
            ("429", 429..=429),
            (">=400", 400..=u16::MAX),
            (">400", 401..=u16::MAX),
            ("<500", 0..=499),
            ("<=0", 0..=0),
            ("400..499", 400..=499),
        ] {
            assert_eq!(statuses(text), Some(range), "{text}");
        }
        for text in ["", "x", "<", "<0", ">65535", "70000", "=>4", "..", "4..", "<>4"] {
            assert_eq!(statuses(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_days_or_moments() {
        assert_eq!(time_ms("1970-01-02"), Some(86_400_000));
        assert_eq!(time_ms("1970-01-01T00:00:01Z"), Some(1000));
        assert_eq!(time_ms("yesterday"), None);
    }

    #[test]
    fn every_place_is_of_a_known_role_and_is_named_to_people() {
        for (name, role, _) in PLACES {
            assert!(ROLES.contains(&role) && Key::In.allowed().contains(name), "{name}");
        }
        for role in ROLES {
            assert!(Key::Role.allowed().contains(role));
        }
    }
}
