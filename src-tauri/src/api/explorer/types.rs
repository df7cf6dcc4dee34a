//! What the explorer is given and what it may ask with. `cargo test` writes each type to
//! `ui/src/bindings/`, so that the user interface is compiled against exactly this.
//! Times are RFC 3339 in UTC, or milliseconds since 1970 where a name ends in `_ms`; money is US dollars.

use serde::{Deserialize, Serialize};
#[cfg(test)]
use ts_rs::TS;

use crate::api::types::{LastExchange, SessionSummary, Today, Tokens, Turn};
use crate::model::{Change, SessionId, Timestamp};
use crate::provider::Kind;
use crate::record::EndKind;
use crate::record::entry::{HeaderMap, Timing};

/// How the host stands: what the title bar, the tray and the empty states say.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct HostState {
    /// This program's version.
    pub version: String,
    /// Whether a proxy of this user answers.
    pub proxy: ProxyState,
    /// The port that it answers on; the one that is configured when it does not.
    pub port: u16,
    /// In words, when it does not run or something cannot be recorded.
    pub problem: Option<String>,
    /// The log folder.
    pub log_dir: String,
    /// The configuration file, whether it exists or not.
    pub config_file: String,
    /// What happened since midnight in UTC.
    pub today: Today,
    /// The latest exchange.
    pub last: Option<LastExchange>,
    /// What can be done from here.
    pub abilities: Abilities,
    /// Whether the first-run steps were finished or skipped once.
    pub onboarded: bool,
}

/// Whether a proxy answers, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum ProxyState {
    /// In this process.
    Running,
    /// In this process; traffic passes and is not logged.
    Paused,
    /// In another process of this user, such as `llm-proxy serve`.
    Attached,
    /// Nowhere.
    Stopped,
}

/// What can be done from here. A browser has no clipboard but its own, and what runs elsewhere cannot
/// be paused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Abilities {
    /// `set_paused`.
    pub pause: bool,
    /// `set_start_at_login`.
    pub start_at_login: bool,
    /// `copy`: the host's clipboard.
    pub copy: bool,
    /// `open`: folders and links, by the desktop.
    pub open: bool,
}

/// What sessions are listed by, most first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum SessionOrder {
    /// When they were used last.
    #[default]
    Last,
    /// How many requests they have.
    Requests,
    /// All their tokens.
    Tokens,
    /// What they cost.
    Cost,
}

/// Where a page of sessions in some order begins: behind this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionPlace {
    /// How much it has of what the order is by, in the index's unit.
    pub amount: i64,
    /// Its id.
    pub session: String,
}

/// Where a page of what was found begins: behind this session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionCursor {
    /// When it was used last.
    pub last_ms: i64,
    /// Its id.
    pub session: String,
}

/// Asks for `sessions`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
    /// What they are listed by.
    #[serde(default)]
    pub order: SessionOrder,
    /// Where the page begins; none: at the first.
    #[serde(default)]
    pub before: Option<SessionPlace>,
    /// At most so many, up to 500.
    pub limit: u32,
}

/// A page of sessions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<SessionPlace>,
    /// Sums over all that the filter lets through, not only this page. None: not on the first page.
    pub totals: Option<Totals>,
    /// How the filter line was understood, and what was not.
    pub filter: Vec<FilterChip>,
    /// Why they were read from the files instead of the index, if they were.
    pub without_index: Option<String>,
}

/// Sums over a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Totals {
    /// Sessions with at least one of the requests.
    pub sessions: u64,
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost.
    pub cost_usd: Option<f64>,
    /// Requests with tokens and without a known price: the cost lacks them.
    pub unpriced: u64,
}

/// A part of a filter line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct FilterChip {
    /// As it was typed: removing it from the line undoes it.
    pub text: String,
    /// Why it was not understood, and is ignored; none: it counts.
    pub problem: Option<String>,
}

/// Asks for `facets`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct FacetsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
}

/// The values that the filtered requests have, with how many have each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Facets {
    /// One for each key, in the order to show them: client, model, kind, status, project, host.
    pub facets: Vec<Facet>,
}

/// A key's values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Facet {
    /// The filter's key.
    pub key: String,
    /// The most frequent values, at most 20, most frequent first.
    pub values: Vec<FacetValue>,
}

/// A value and how many requests have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct FacetValue {
    /// The value, as a filter takes it.
    pub value: String,
    /// Requests.
    pub requests: u64,
}

/// Where a page of requests begins: behind this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestCursor {
    /// When it began.
    pub started_ms: i64,
    /// Its id.
    pub request_id: String,
}

/// Asks for `requests`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
    /// Only of this session.
    #[serde(default)]
    pub session: Option<String>,
    /// Where the page begins; none: at the latest.
    #[serde(default)]
    pub before: Option<RequestCursor>,
    /// At most so many, up to 1000.
    pub limit: u32,
}

/// A page of requests, latest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestPage {
    /// The requests.
    pub requests: Vec<RequestSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<RequestCursor>,
    /// Sums over all that the filter lets through. None: not on the first page.
    pub totals: Option<Totals>,
    /// How the filter line was understood, and what was not.
    pub filter: Vec<FilterChip>,
}

/// A request in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestSummary {
    /// Its id; made of session and position where the log has none.
    pub request_id: String,
    /// Its session.
    pub session: String,
    /// The first line a user wrote in that session.
    pub session_title: Option<String>,
    /// Its number in the session.
    pub seq: u64,
    /// `anthropic`, `openai`, `gemini`, `bedrock`.
    pub provider: String,
    /// The upstream, `host` or `host:port`.
    pub upstream: String,
    /// The method; empty when the request's line is lost.
    pub method: String,
    /// The path; empty likewise.
    pub path: String,
    /// What it asks for.
    pub kind: Kind,
    /// The program that asked.
    pub client: Option<String>,
    /// Its version.
    pub client_version: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The sub-agent that asked; none is the main one.
    pub agent: Option<String>,
    /// The folder that the agent works in.
    pub project: Option<String>,
    /// When its head was read.
    pub started: Timestamp,
    /// HTTP status; 0: no response came; none: it still runs, or the response's line is lost.
    pub status: Option<u16>,
    /// Whether it still runs.
    pub running: bool,
    /// How it ended; none while it runs, and in old logs.
    pub end: Option<EndKind>,
    /// Why the model stopped, in the API's word.
    pub stop_reason: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Its tokens; none: not told.
    pub tokens: Option<Tokens>,
    /// What it cost, where a price is known.
    pub cost_usd: Option<f64>,
    /// How long it took; none while it runs.
    pub timing: Option<Timing>,
    /// Wire bytes of its body.
    pub request_bytes: Option<u64>,
    /// Wire bytes of the response's body.
    pub response_bytes: Option<u64>,
}

/// Asks for `session`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionArgs {
    /// The session's id, the beginning of one, or `last`.
    pub session: String,
}

/// A session, whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SessionDetail {
    /// What lists say of it.
    pub summary: SessionSummary,
    /// Its turns in the order of their requests. `new_messages` has each message once.
    pub turns: Vec<PricedTurn>,
    /// Lines of its file that are no entries, and were passed over.
    pub bad_lines: u64,
}

/// A turn and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct PricedTurn {
    /// The turn.
    #[serde(flatten)]
    #[cfg_attr(test, ts(flatten))]
    pub turn: Turn,
    /// Where a price is known.
    pub cost_usd: Option<f64>,
    /// Whether it still runs.
    pub running: bool,
}

/// Asks for `request`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestArgs {
    /// The request's id, as lists give it.
    pub request_id: String,
}

/// A request, whole but for its bodies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RequestDetail {
    /// What lists say of it.
    pub summary: RequestSummary,
    /// What was new in it, and the answer.
    pub turn: PricedTurn,
    /// The cost's parts, where a price is known.
    pub cost: Vec<CostPart>,
    /// Header fields as they went to the upstream, redacted.
    pub request_headers: HeaderMap,
    /// Header fields as they came back.
    pub response_headers: HeaderMap,
    /// The query without `?`, redacted.
    pub query: Option<String>,
    /// How the client spoke, such as `HTTP/1.1`.
    pub http_version: Option<String>,
    /// The request's body as it is in the log.
    pub request_body: BodyFacts,
    /// The response's.
    pub response_body: BodyFacts,
    /// The event stream's lines with their times, at most the first 10,000; empty: the answer was no stream.
    pub events: Vec<StreamEvent>,
    /// How many lines the stream has.
    pub event_count: u64,
    /// The request before it in its session, if any.
    pub previous: Option<String>,
    /// The one after it.
    pub next: Option<String>,
    /// Where its lines are.
    pub record: Vec<RecordSpan>,
}

/// A part of what a request cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct CostPart {
    /// `input`, `cache_read`, `cache_write`, `cache_write_1h`, `output`.
    pub what: String,
    /// How many tokens.
    pub tokens: u64,
    /// US dollars for a million of them.
    pub usd_per_million: f64,
    /// US dollars.
    pub cost_usd: f64,
}

/// What is known of a body without reading it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct BodyFacts {
    /// Bytes of the text that `body` gives.
    pub bytes: u64,
    /// Wire bytes.
    pub wire_bytes: Option<u64>,
    /// The media type, lower case, without parameters.
    pub media_type: Option<String>,
    /// The content coding that was undone for the log.
    pub content_encoding: Option<String>,
    /// Whether the bytes are no UTF-8: `body` gives base64 then.
    pub is_binary: bool,
    /// Whether it reached us whole.
    pub complete: bool,
}

/// A line of an event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct StreamEvent {
    /// Milliseconds since the response's headers.
    pub at_ms: u64,
    /// The line, its first 4 KiB.
    pub raw: String,
}

/// A line of a log file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct RecordSpan {
    /// `request` or `response`.
    pub what: String,
    /// The file, relative to the log folder.
    pub file: String,
    /// Where the line begins, in bytes.
    pub offset: u64,
    /// Its length with the line end.
    pub bytes: u64,
}

/// Asks for `body` and `record`: part of a text that may be large.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct TextArgs {
    /// The request's id.
    pub request_id: String,
    /// `request` or `response`.
    pub what: Side,
    /// Where the part begins, in bytes; moved back to a character's beginning.
    #[serde(default)]
    pub from: u64,
    /// At most so many bytes, up to 4 MiB.
    pub limit: u64,
}

/// Of which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum Side {
    /// What the client sent.
    Request,
    /// What came back.
    Response,
}

/// Part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct TextPart {
    /// The part.
    pub text: String,
    /// Where it begins, in bytes.
    pub from: u64,
    /// Bytes of the whole.
    pub total: u64,
}

/// Asks for `image`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ImageArgs {
    /// The request's id.
    pub request_id: String,
    /// Whose body has it.
    pub what: Side,
    /// The image's digest, as the turn gives it.
    pub digest: String,
}

/// An image, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ImageBytes {
    /// What its first bytes say that it is.
    pub media_type: RasterType,
    /// Pixels from left to right,
    pub width: u32,
    /// and from top to bottom.
    pub height: u32,
    /// How many bytes it has.
    pub bytes: u64,
    /// The bytes.
    pub base64: String,
}

/// Images that are pixels and nothing else: they name no other file and run nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum RasterType {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// GIF.
    #[serde(rename = "image/gif")]
    Gif,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

/// Asks for `search`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SearchArgs {
    /// What to look for.
    pub query: String,
    /// Where the page begins.
    #[serde(default)]
    pub after: Option<SessionCursor>,
    /// At most so many sessions, up to 100.
    pub limit: u32,
}

/// Asks for `stats`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct StatsArgs {
    /// The filter line; empty: all.
    #[serde(default)]
    pub filter: String,
    /// From here,
    pub from_ms: i64,
    /// to here, exclusive.
    pub to_ms: i64,
    /// Minutes that local time is ahead of UTC: days begin at local midnight.
    pub utc_offset_min: i32,
}

/// Sums over a span of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Stats {
    /// Over the whole span.
    pub totals: Totals,
    /// Over the span of the same length before it.
    pub before: Totals,
    /// For each day and model.
    pub days: Vec<DayStats>,
    /// Time to the first byte.
    pub ttfb_ms: Quantiles,
    /// Time to the end.
    pub total_ms: Quantiles,
    /// Failed requests by kind: a status such as `529`, or how they ended.
    pub errors: Vec<FacetValue>,
    /// Those that cost most, at most 20 each.
    pub models: Vec<StatsRow>,
    /// Likewise.
    pub clients: Vec<StatsRow>,
    /// Likewise.
    pub projects: Vec<StatsRow>,
    /// Likewise, by session id; `title` says more.
    pub sessions: Vec<StatsRow>,
    /// Tool calls by tool, most called first, at most 20.
    pub tools: Vec<FacetValue>,
}

/// A day's sums for a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct DayStats {
    /// `YYYY-MM-DD`, local.
    pub day: String,
    /// The model; empty: none named.
    pub model: String,
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost.
    pub cost_usd: Option<f64>,
}

/// Of a set of durations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Quantiles {
    /// Half take no longer; none: there are none.
    pub p50: Option<u64>,
    /// 95 % take no longer.
    pub p95: Option<u64>,
}

/// A row of a table of sums.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct StatsRow {
    /// The value, as a filter takes it.
    pub name: String,
    /// In words, where the name is an id.
    pub title: Option<String>,
    /// Requests.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost.
    pub cost_usd: Option<f64>,
}

/// Asks for `exports`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ExportsArgs {
    /// `sh`, `fish`, `powershell`, `cmd`, `nushell`, `dotenv`, `codex`; none: the user's shell.
    #[serde(default)]
    pub shell: Option<String>,
    /// The lines that take them back.
    #[serde(default)]
    pub unset: bool,
}

/// Lines to paste.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Exports {
    /// For which shell they are.
    pub shell: String,
    /// The lines.
    pub text: String,
}

/// A client program on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ClientCard {
    /// `claude-code`, `codex`, `gemini-cli`, `opencode`, `aider`.
    pub name: String,
    /// For people.
    pub title: String,
    /// Whether it is on the PATH.
    pub installed: bool,
    /// What points it here: an export, or a line for its configuration.
    pub line: String,
    /// When its latest request began.
    pub last: Option<Timestamp>,
    /// How many it sent.
    pub requests: u64,
    /// The model of the latest.
    pub model: Option<String>,
}

/// All settings that the explorer shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Settings {
    /// The file they live in.
    pub file: String,
    /// Each configuration key.
    pub keys: Vec<Setting>,
    /// Whether the shells are set up.
    pub shell_set_up: bool,
    /// Whether the app starts at login; none: not known here.
    pub start_at_login: Option<bool>,
    /// Bytes of the log folder's index.
    pub index_bytes: u64,
    /// Bytes of all log files.
    pub log_bytes: u64,
    /// How many session files there are.
    pub log_files: u64,
    /// Where prices come from, and of what date.
    pub prices: String,
}

/// A configuration key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct Setting {
    /// As in the file.
    pub key: String,
    /// As it is in use now, in TOML.
    pub value: String,
    /// Without a file, in TOML.
    pub default: String,
    /// One sentence for people, from the documentation of the key.
    pub what: String,
    /// The environment variable or flag that outranks the file now, if one does.
    pub overridden_by: Option<String>,
    /// How to edit it.
    pub form: SettingForm,
}

/// How a value is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum SettingForm {
    /// A switch.
    Switch,
    /// A number.
    Number,
    /// A line of text.
    Text,
    /// In the file only: tables and lists.
    File,
}

/// Asks for `set`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SetArgs {
    /// The key.
    pub key: String,
    /// Its value in TOML; none: back to the default.
    pub value: Option<String>,
}

/// What setting up or undoing did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct ShellOutcome {
    /// The file.
    pub file: String,
    /// What was done, or why not, in a sentence.
    pub message: String,
    /// Whether it failed.
    pub failed: bool,
}

/// Turns something on or off.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct SwitchArgs {
    /// On.
    pub on: bool,
}

/// Asks for `copy`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub struct CopyArgs {
    /// What to put on the clipboard.
    pub text: String,
}

/// Asks for `open`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum OpenArgs {
    /// The log folder.
    LogFolder,
    /// The configuration file.
    ConfigFile,
    /// A session's file, shown in its folder.
    SessionFile {
        /// The session.
        session: String,
    },
    /// A link that the user confirmed. `https:` only.
    Link {
        /// The address.
        url: String,
    },
}

/// What a page that watches is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum ChangeNote {
    /// A session began.
    SessionStarted {
        /// Which.
        session: SessionId,
    },
    /// A request of a session began to be logged.
    RequestLogged {
        /// Of which session.
        session: SessionId,
        /// Which.
        request_id: String,
    },
    /// An exchange ended.
    ExchangeEnded {
        /// Of which session.
        session: SessionId,
        /// Which.
        request_id: String,
    },
    /// The host's state changed: running, paused, a problem.
    Host,
    /// Something changed; what is not known here, or the watcher was behind.
    Something,
}

/// What a watcher is told of a change.
pub fn note_of(change: &Change) -> ChangeNote {
    let id = |id: &crate::model::RequestId| id.as_str().to_owned();
    match change {
        Change::SessionStarted(session) => ChangeNote::SessionStarted { session: session.clone() },
        Change::RequestLogged(session, request) => {
            ChangeNote::RequestLogged { session: session.clone(), request_id: id(request) }
        }
        Change::ExchangeEnded(session, request) => {
            ChangeNote::ExchangeEnded { session: session.clone(), request_id: id(request) }
        }
        Change::Degraded(_) => ChangeNote::Host,
    }
}
