//! What a filter's value means, and how that is said in SQL. Values are always bound.

use std::ops::RangeInclusive;

use sqlx::{QueryBuilder, Sqlite};

use super::amount::{self, Unit};
use super::language::{Condition, Problem};
use super::{Key, Scope};
use crate::index::running::earliest_running_ms;
use crate::model::Timestamp;
use crate::provider::Kind;

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
    /// This is part of it, in upper or lower case.
    Part(Key, String),
    /// It is this, in upper or lower case.
    Exactly(Key, String),
    /// It begins with this.
    Beginning(Key, String),
    /// It is among these, in the table's unit.
    Among(Key, RangeInclusive<i64>),
    /// There is one.
    Given(Key),
    /// It went so.
    Is(State),
    /// This role says it.
    Role(&'static str),
    /// This role says it as this kind of text.
    In(&'static str, &'static str),
    /// Began before this, in milliseconds since 1970.
    Before(i64),
    /// Began at this or later.
    After(i64),
}

/// How an exchange went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Something went wrong.
    Error,
    /// The first byte took 10 seconds or more, or all of it a minute.
    Slow,
    /// It has no end, and began so lately that one may come.
    Streaming,
    /// It sent the same messages as one of the eight before it in its session.
    Retry,
    /// Not the first of its session, with 1,024 input tokens or more, and none came from the cache.
    CacheMiss,
}

impl State {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "error" => Self::Error,
            "slow" => Self::Slow,
            "streaming" | "running" => Self::Streaming,
            "retry" => Self::Retry,
            "cachemiss" => Self::CacheMiss,
            _ => return None,
        })
    }

    /// Adds the condition, over an exchange `e`. It is never null.
    pub(in crate::index) fn push(self, sql: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Error => sql.push(
                "(coalesce(e.status, 0) >= 400
                  or coalesce(e.end_kind, '') in ('upstream_error', 'upstream_truncated', 'proxy_killed', 'refused')
                  or (e.error is not null and e.end_kind is not 'client_aborted'))",
            ),
            Self::Slow => sql.push("(coalesce(e.ttfb_ms, 0) >= 10000 or coalesce(e.total_ms, 0) >= 60000)"),
            Self::Streaming => {
                sql.push("(e.status is null and e.started_ms >= ").push_bind(earliest_running_ms()).push(")")
            }
            Self::Retry => sql.push(
                "exists (select 1 from exchanges earlier where earlier.session = e.session
                         and earlier.seq between e.seq - 8 and e.seq - 1 and earlier.chain = e.chain)",
            ),
            Self::CacheMiss => sql.push(
                "(e.seq > 1 and coalesce(e.cache_read_tokens, 0) = 0
                  and coalesce(e.input_tokens, 0) + coalesce(e.cache_write_tokens, 0) >= 1024)",
            ),
        };
    }
}

impl Filter {
    /// Reads a value.
    pub(super) fn read(key: Key, value: &str, scope: Scope) -> Result<Self, Problem> {
        let read = match key {
            _ if value.is_empty() => None,
            Key::Is => State::named(value).map(Self::Is),
            Key::Role => ROLES.into_iter().find(|role| *role == value).map(Self::Role),
            Key::Before => time_ms(value).map(Self::Before),
            Key::After => time_ms(value).map(Self::After),
            Key::In if scope == Scope::Texts && place(value).is_some() => place(value),
            _ if value == "*" => Some(Self::Given(key)),
            Key::Session | Key::Id => Some(Self::Beginning(key, value.to_owned())),
            Key::Kind => is_kind(value).then(|| Self::Exactly(key, value.to_owned())),
            Key::Method => Some(Self::Exactly(key, value.to_owned())),
            Key::Status => statuses(value).map(|range| Self::Among(key, range)),
            Key::In | Key::Out | Key::Cached | Key::Cost | Key::Duration | Key::FirstByte | Key::Size => {
                key.unit().and_then(|unit| amount::read(value, unit)).map(|range| Self::Among(key, range))
            }
            Key::Client
            | Key::Model
            | Key::Project
            | Key::Host
            | Key::Path
            | Key::Stop
            | Key::Agent
            | Key::Tool => match value.strip_prefix('=') {
                Some("") => None,
                Some(exact) => Some(Self::Exactly(key, exact.to_owned())),
                None => Some(Self::Part(key, value.to_owned())),
            },
        };
        let bad =
            || Problem::BadValue { key: key.name(), value: value.to_owned(), allowed: key.allowed(scope) };
        read.ok_or_else(bad)
    }

    /// Adds the condition. It is never null.
    fn push(&self, sql: &mut QueryBuilder<Sqlite>, scope: Scope) {
        match self {
            Self::Is(state) => state.push(sql),
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
            Self::Part(key, _) | Self::Exactly(key, _) | Self::Given(key) if *key == Key::Tool => {
                self.push_tool(sql, scope);
            }
            Self::Part(key, _)
            | Self::Exactly(key, _)
            | Self::Beginning(key, _)
            | Self::Among(key, _)
            | Self::Given(key) => match (key, scope) {
                // What search knows of the session without looking for the exchange.
                (Key::Session, Scope::Texts) => self.push_value(sql, "m.session"),
                (key, _) => self.push_value(sql, key.column().unwrap_or("null")),
            },
        }
    }

    /// Whether the table of facets has all that it asks for.
    fn is_of_facets(&self) -> bool {
        match self {
            Self::Part(key, _) | Self::Exactly(key, _) | Self::Among(key, _) | Self::Given(key) => matches!(
                key,
                Key::Client | Key::Model | Key::Kind | Key::Status | Key::Project | Key::Host | Key::Path
            ),
            Self::Beginning(..)
            | Self::Is(_)
            | Self::Role(_)
            | Self::In(..)
            | Self::Before(_)
            | Self::After(_) => false,
        }
    }

    /// Whether it is about the exchange in which a text was said.
    fn asks_of_exchanges(&self) -> bool {
        match self {
            Self::Role(_) | Self::In(..) => false,
            Self::Part(key, _)
            | Self::Exactly(key, _)
            | Self::Beginning(key, _)
            | Self::Among(key, _)
            | Self::Given(key) => !matches!(key, Key::Session | Key::Tool),
            Self::Is(_) | Self::Before(_) | Self::After(_) => true,
        }
    }

    /// Whether a session's row tells that none of its exchanges fits.
    fn is_told_by_sessions(&self) -> bool {
        matches!(self, Self::Beginning(Key::Session, _) | Self::After(_))
    }

    fn push_tool(&self, sql: &mut QueryBuilder<Sqlite>, scope: Scope) {
        match scope {
            Scope::Texts => self.push_value(sql, "m.tool"),
            Scope::Requests => {
                // The calls are looked through once, not once for each exchange. The plus keeps the order of the
                // list the one in which exchanges are visited.
                sql.push(
                    "+e.request_id in (select m.request_id from messages m where m.kind = 'tool_call' and ",
                );
                self.push_value(sql, "m.tool");
                sql.push(")");
            }
        }
    }

    fn push_value(&self, sql: &mut QueryBuilder<Sqlite>, column: &str) {
        match self {
            Self::Part(_, part) => push_part(sql, column, part),
            Self::Exactly(_, whole) => {
                sql.push("coalesce(").push(column).push(", '') = ");
                sql.push_bind(whole.clone()).push(" collate nocase");
            }
            Self::Beginning(_, prefix) => {
                // U+FFFF sorts after every character of an id.
                sql.push("(").push(column).push(" >= ").push_bind(prefix.clone());
                sql.push(" and ").push(column).push(" < ");
                sql.push_bind(format!("{prefix}\u{ffff}")).push(")");
            }
            Self::Among(_, range) => {
                sql.push("coalesce(").push(column).push(" between ").push_bind(*range.start());
                sql.push(" and ").push_bind(*range.end()).push(", false)");
            }
            Self::Given(_) => {
                sql.push("coalesce(").push(column).push(", '') <> ''");
            }
            Self::Is(_) | Self::Role(_) | Self::In(..) | Self::Before(_) | Self::After(_) => {}
        }
    }
}

impl Condition {
    /// Whether the table of facets has all that it asks for.
    pub(in crate::index) fn is_of_facets(&self) -> bool {
        self.any_of.iter().all(Filter::is_of_facets)
    }

    /// Whether it is about the exchange in which a text was said.
    pub(in crate::index) fn asks_of_exchanges(&self) -> bool {
        self.any_of.iter().any(Filter::asks_of_exchanges)
    }
}

/// Adds ` and (…)` for each condition.
pub(in crate::index) fn push_conditions(
    sql: &mut QueryBuilder<Sqlite>,
    conditions: &[Condition],
    scope: Scope,
) {
    for condition in conditions {
        sql.push(if condition.excluded { " and not (" } else { " and (" });
        for (at, filter) in condition.any_of.iter().enumerate() {
            if at > 0 {
                sql.push(" or ");
            }
            filter.push(sql, scope);
        }
        sql.push(")");
    }
}

/// Adds what the conditions tell of a session `s` whose texts are to fit, as far as its row knows: each leaves
/// out sessions in which no text can.
pub(in crate::index) fn push_conditions_of_sessions(
    sql: &mut QueryBuilder<Sqlite>,
    conditions: &[Condition],
) {
    let told = conditions
        .iter()
        .filter(|condition| !condition.excluded && condition.any_of.iter().all(Filter::is_told_by_sessions));
    for condition in told {
        sql.push(" and (");
        for (at, filter) in condition.any_of.iter().enumerate() {
            if at > 0 {
                sql.push(" or ");
            }
            if let Filter::After(ms) = filter {
                sql.push("s.last_ms >= ").push_bind(*ms);
            } else {
                filter.push_value(sql, "s.id");
            }
        }
        sql.push(")");
    }
}

/// Adds the condition that `part` stands in `expression`, in upper or lower case.
pub(in crate::index) fn push_part(sql: &mut QueryBuilder<Sqlite>, expression: &str, part: &str) {
    sql.push("instr(lower(coalesce(").push(expression).push(", '')), lower(");
    sql.push_bind(part.to_owned()).push(")) > 0");
}

fn place(value: &str) -> Option<Filter> {
    PLACES.into_iter().find(|place| place.0 == value).map(|(_, role, kind)| Filter::In(role, kind))
}

fn is_kind(value: &str) -> bool {
    serde_json::from_value::<Kind>(value.into()).is_ok()
}

fn statuses(value: &str) -> Option<RangeInclusive<i64>> {
    if let Some(hundred) = value.strip_suffix("xx").and_then(|digit| digit.parse::<i64>().ok()) {
        return (1..=9).contains(&hundred).then_some(hundred * 100..=hundred * 100 + 99);
    }
    amount::between(value, |number| number.parse::<u16>().ok().map(i64::from))
}

/// A day's beginning in UTC, a moment, or a time before this one.
fn time_ms(value: &str) -> Option<i64> {
    let day = || Timestamp::parse(&format!("{value}T00:00:00Z"));
    let ago = || {
        let has_unit = value.ends_with(['s', 'm', 'h', 'd', 'n']);
        let range = amount::read(value, Unit::Milliseconds)
            .filter(|range| has_unit && range.start() == range.end())?;
        Timestamp::now().unix_ms().checked_sub(*range.start())
    };
    Timestamp::parse(value).or_else(day).map(Timestamp::unix_ms).or_else(ago)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_compared() {
        for (text, range) in [
            ("429", 429..=429),
            ("5xx", 500..=599),
            (">=400", 400..=i64::MAX),
            (">400", 401..=i64::MAX),
            ("<500", i64::MIN..=499),
            ("<=0", i64::MIN..=0),
            ("400..499", 400..=499),
        ] {
            assert_eq!(statuses(text), Some(range), "{text}");
        }
        for text in ["", "x", "<", "xx", "0xx", "70000", "=>4", "..", "4.5", "<>4", "-1"] {
            assert_eq!(statuses(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_days_or_moments_or_ago() {
        assert_eq!(time_ms("1970-01-02"), Some(86_400_000));
        assert_eq!(time_ms("1970-01-01T00:00:01Z"), Some(1000));
        let before = Timestamp::now().unix_ms() - 86_400_000;
        let ago = time_ms("24h").unwrap();
        assert!((before..=Timestamp::now().unix_ms() - 86_400_000).contains(&ago));
        for text in ["yesterday", "5", ">5s", "1s..2s", "5q"] {
            assert_eq!(time_ms(text), None, "{text}");
        }
    }

    #[test]
    fn every_place_is_of_a_known_role_and_is_named_to_people() {
        for (name, role, _) in PLACES {
            let told = Key::In.allowed(Scope::Texts);
            assert!(ROLES.contains(&role) && told.contains(name), "{name}");
        }
        for role in ROLES {
            assert!(Key::Role.allowed(Scope::Texts).contains(role));
        }
    }

    #[test]
    fn what_people_are_told_that_they_may_type_can_be_typed() {
        for name in ["chat", "prewarm", "count_tokens", "embeddings", "models", "files", "probe", "other"] {
            assert!(is_kind(name) && Key::Kind.allowed(Scope::Requests).contains(name), "{name}");
        }
        for name in ["error", "slow", "streaming", "retry", "cachemiss"] {
            assert!(
                State::named(name).is_some() && Key::Is.allowed(Scope::Requests).contains(name),
                "{name}"
            );
        }
    }
}
