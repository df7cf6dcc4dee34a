//! The one place that answers the explorer, whatever carried the question.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
#[cfg(test)]
use ts_rs::TS;

use super::host::{Host, Refusal};
use super::types::{
    CopyArgs, ExportsArgs, FacetsArgs, OpenArgs, RequestArgs, RequestsArgs, SearchArgs, SessionArgs,
    SessionsArgs, SetArgs, StatsArgs, SwitchArgs, TextArgs,
};
use crate::api::query::Archive;
use crate::config::{Environment, Flags, Paths};

/// A question: `{"name": "sessions", "args": {…}}`. What it is answered with stands beside each.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "name", content = "args", rename_all = "snake_case")]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum Call {
    /// [`HostState`](super::types::HostState).
    Host,
    /// [`SessionPage`](super::types::SessionPage).
    Sessions(SessionsArgs),
    /// [`Facets`](super::types::Facets).
    Facets(FacetsArgs),
    /// [`RequestPage`](super::types::RequestPage).
    Requests(RequestsArgs),
    /// [`SessionDetail`](super::types::SessionDetail).
    Session(SessionArgs),
    /// [`RequestDetail`](super::types::RequestDetail).
    Request(RequestArgs),
    /// [`TextPart`](super::types::TextPart) of a body as the log has it, event streams put together.
    Body(TextArgs),
    /// [`TextPart`](super::types::TextPart) of a log line.
    Record(TextArgs),
    /// [`Found`](crate::api::search::Found).
    Search(SearchArgs),
    /// [`Stats`](super::types::Stats).
    Stats(StatsArgs),
    /// [`Exports`](super::types::Exports).
    Exports(ExportsArgs),
    /// A list of [`ClientCard`](super::types::ClientCard).
    Clients,
    /// [`Settings`](super::types::Settings).
    Settings,
    /// [`Settings`](super::types::Settings), after it was written to the configuration file.
    Set(SetArgs),
    /// A list of [`ShellOutcome`](super::types::ShellOutcome).
    SetShellSetUp(SwitchArgs),
    /// [`HostState`](super::types::HostState).
    SetPaused(SwitchArgs),
    /// [`HostState`](super::types::HostState).
    SetStartAtLogin(SwitchArgs),
    /// [`HostState`](super::types::HostState): the first-run steps are over.
    Onboarded,
    /// Nothing.
    Copy(CopyArgs),
    /// Nothing.
    Open(OpenArgs),
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "error", content = "message", rename_all = "snake_case")]
#[error("{}", match self { Self::BadCall(why) | Self::NotFound(why) | Self::Refused(why) | Self::Failed(why) => why })]
#[cfg_attr(test, derive(TS), ts(export))]
pub enum CallError {
    /// It was not understood.
    BadCall(String),
    /// There is no such thing.
    NotFound(String),
    /// It is not done here.
    Refused(String),
    /// It went wrong.
    Failed(String),
}

impl From<Refusal> for CallError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.0)
    }
}

/// What answers need.
#[derive(Clone)]
pub struct Front {
    /// The log folder and its index.
    pub archive: Archive,
    /// The process around the explorer.
    pub host: Arc<dyn Host>,
    /// Where the user's files lie.
    pub paths: Paths,
    /// What outranks the configuration file.
    pub flags: Flags,
    /// Likewise.
    pub environment: Environment,
}

/// Answers a call that arrived as JSON: an object with `name` and, where the call has any, `args`.
pub async fn answer(front: &Front, call: Value) -> Result<Value, CallError> {
    let call: Call = serde_json::from_value(call).map_err(|error| CallError::BadCall(error.to_string()))?;
    match call {
        Call::Copy(copy) => json(front.host.copy(&copy.text)?),
        Call::Open(open) => json(front.host.open(&open)?),
        _ => Err(CallError::Failed("not answered yet".to_owned())),
    }
}

fn json(answer: impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(answer).map_err(|error| CallError::Failed(error.to_string()))
}
