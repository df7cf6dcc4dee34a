//! What front ends are given. All of it serialises to the JSON that `--json` prints.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::{SessionId, Timestamp};
use crate::provider::{Client, Kind, Message, Usage};
use crate::record::entry::Timing;
use crate::record::{CaptureStop, Direction, EndKind};

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SessionSummary {
    /// Its id.
    pub id: SessionId,
    /// Whose API: `anthropic`, `openai`, `gemini`, `bedrock`.
    pub provider: String,
    /// The upstream, `host` or `host:port`.
    pub upstream: String,
    /// The program that asked last; none when it gave no name.
    pub client: Option<String>,
    /// Its version.
    pub client_version: Option<String>,
    /// The client's own name for the session.
    pub client_session: Option<String>,
    /// The model of the latest exchange that names one.
    pub model: Option<String>,
    /// The folder that the agent worked in last.
    pub project: Option<String>,
    /// The first line a user wrote.
    pub title: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When its latest exchange ended, or began if it runs.
    pub last_activity: Timestamp,
    /// How many exchanges it has.
    pub requests: u64,
    /// Tokens of all of them.
    pub tokens: Tokens,
    /// What those with a known price cost, in US dollars.
    pub cost_usd: Option<f64>,
    /// Whether an exchange of it runs.
    pub running: bool,
    /// Its file, relative to the log folder.
    pub file: String,
}

/// Sums of tokens. What the provider did not tell counts as 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Tokens {
    /// Input that was neither read from the provider's cache nor written to it.
    pub input: u64,
    /// Output, reasoning included.
    pub output: u64,
    /// Input out of the provider's cache.
    pub cache_read: u64,
    /// Input written to the cache.
    pub cache_write: u64,
}

impl Tokens {
    /// All input, cached or not.
    pub fn all_input(self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self {
            input: usage.input_tokens.unwrap_or(0),
            output: usage.output_tokens.unwrap_or(0),
            cache_read: usage.cache_read_tokens.unwrap_or(0),
            cache_write: usage.cache_write_tokens.unwrap_or(0),
        }
    }
}

/// A list of sessions, latest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Sessions {
    /// The sessions.
    pub sessions: Vec<SessionSummary>,
    /// Why they were read from the files instead of the index, if they were.
    pub without_index: Option<String>,
}

/// A session, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// What lists say of it.
    pub summary: SessionSummary,
    /// Its exchanges in the order of their requests.
    pub turns: Vec<Turn>,
    /// Lines of its file that are no entries, and were passed over.
    pub bad_lines: u64,
}

/// An exchange: what was new in the request, and the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Turn {
    /// The request's number in the session; old logs may have one twice.
    pub seq: u64,
    /// Its id; old logs have none.
    pub request_id: Option<String>,
    /// When the request's head was read.
    pub started: Timestamp,
    /// What it asks for.
    pub kind: Kind,
    /// The method; empty when the request's line is lost.
    pub method: String,
    /// The path; empty likewise.
    pub path: String,
    /// The program that asked.
    pub client: Client,
    /// The sub-agent that asked; none is the main one.
    pub agent: Option<String>,
    /// The folder that the agent works in.
    pub project: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// HTTP status; 0: no response came; none: it still runs, or the response's line is lost.
    pub status: Option<u16>,
    /// How it ended; none likewise, and in the Go llm-proxy's logs.
    pub end: Option<EndKind>,
    /// Why the model stopped, in the API's word.
    pub stop_reason: Option<String>,
    /// Its tokens.
    pub usage: Option<Usage>,
    /// How long it took.
    pub timing: Option<Timing>,
    /// How many tools the model might call.
    pub tools: usize,
    /// How many messages the whole conversation has that it sends, instructions not counted.
    pub sent_messages: usize,
    /// The earlier request that sent exactly the same conversation.
    pub repeats: Option<u64>,
    /// What the conversation has here that it did not have in earlier turns.
    pub new_messages: Vec<Message>,
    /// What the model said.
    pub answer: Option<Message>,
    /// Whether the answer came to its end; none where no answer came.
    pub answer_finished: Option<bool>,
    /// What went wrong.
    pub error: Option<String>,
    /// What was forwarded and is missing in the log.
    pub gap: Vec<MissingBytes>,
}

/// Bytes that were forwarded and could not be captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MissingBytes {
    /// Of which body.
    pub direction: Direction,
    /// Where in it they begin.
    pub from: u64,
    /// How many there are.
    pub bytes: u64,
    /// Why.
    pub reason: CaptureStop,
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Whether a proxy of this user answers.
    pub running: bool,
    /// The port that it answers on.
    pub port: Option<u16>,
    /// Why no proxy is in use, when none runs.
    pub not_running: Option<String>,
    /// The log folder.
    pub log_dir: PathBuf,
    /// What happened since midnight in UTC.
    pub today: Today,
    /// The latest exchange.
    pub last: Option<LastExchange>,
    /// Why the numbers are missing, when the index cannot be read.
    pub without_index: Option<String>,
}

/// What happened since midnight in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Today {
    /// Sessions with an exchange.
    pub sessions: u64,
    /// Exchanges.
    pub requests: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What those with a known price cost, in US dollars.
    pub cost_usd: Option<f64>,
    /// Bodies that were forwarded and are not whole in the log.
    pub gaps: u64,
}

/// The latest exchange, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LastExchange {
    /// Its session.
    pub session: SessionId,
    /// Its number in it.
    pub seq: u64,
    /// When it ended, or began if it runs.
    pub at: Timestamp,
    /// The program that asked.
    pub client: Option<String>,
    /// The model.
    pub model: Option<String>,
}

/// A client that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientSeen {
    /// Its name; empty for those that gave none.
    pub name: String,
    /// The version that it had last.
    pub version: Option<String>,
    /// When its latest request began.
    pub last: Timestamp,
    /// How many requests it sent.
    pub requests: u64,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub state: CheckState,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// In order.
    Ok,
    /// Works, and is worth a look.
    Warn,
    /// Does not work.
    Fail,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// All that was looked at.
    pub checks: Vec<Check>,
    /// The clients that sent requests, latest first.
    pub clients: Vec<ClientSeen>,
}

impl Diagnosis {
    /// Whether nothing is broken.
    pub fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.state != CheckState::Fail)
    }
}

/// How an index was filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Indexed {
    /// Session files that had something new.
    pub files: usize,
    /// Session files that could not be read.
    pub unreadable: usize,
    /// Sessions in the index now.
    pub sessions: u64,
    /// Exchanges in the index now.
    pub exchanges: u64,
    /// Where a database that was no index of ours was moved.
    pub set_aside: Option<PathBuf>,
}

/// What became of sessions that were compressed, or made plain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compressed {
    /// Sessions whose files changed.
    pub sessions: u64,
    /// Bytes of these on the disk before.
    pub before_bytes: u64,
    /// And after.
    pub after_bytes: u64,
    /// Why others stay as they are.
    pub problems: Vec<String>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Session files that were read.
    pub files: u64,
    /// Session files that gave something new.
    pub sessions: u64,
    /// Requests taken over.
    pub requests: u64,
    /// Responses taken over.
    pub responses: u64,
    /// Lines that were there already.
    pub already_there: u64,
    /// Lines that are no entries.
    pub bad_lines: u64,
    /// Files and folders that could not be read.
    pub unreadable: u64,
    /// Sessions whose client's own name came from the Go llm-proxy's database.
    pub client_names: usize,
    /// Why that database was not read, if it is there.
    pub database_problem: Option<String>,
    /// The index after it.
    pub index: Indexed,
}
