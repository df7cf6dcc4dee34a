//! The one place that answers the explorer, whatever carried the question.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Handle;
#[cfg(test)]
use ts_rs::TS;

use super::host::{Host, Refusal};
use super::host_state::{host_state, onboarded};
use super::types::{
    CopyArgs, ExportsArgs, FacetsArgs, ImageArgs, OpenArgs, RequestArgs, RequestsArgs, SearchArgs,
    SessionArgs, SessionsArgs, SetArgs, StatsArgs, SwitchArgs, TextArgs,
};
use super::{facets, image, list, open, pointing, request, session, settings, stats, text};
use crate::api::query::{Archive, QueryError};
use crate::api::search::{Cursor, Found, SearchError, search};
use crate::config::{Environment, Flags, Paths};

/// The most sessions of a page of what was found.
const MAX_FOUND: u32 = 100;

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
    /// [`ImageBytes`](super::types::ImageBytes).
    Image(ImageArgs),
    /// [`Found`].
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

impl CallError {
    /// The index does not answer.
    pub(super) fn no_index(archive: &Archive, error: &sqlx::Error) -> Self {
        let reason = archive.why_no_index(error);
        Self::NotFound(format!(
            "the index cannot be read ({reason}): `llm-proxy reindex` makes it anew from the logs"
        ))
    }

    /// The index says other things of a file than the file.
    pub(super) fn outdated(file: &str) -> Self {
        Self::NotFound(format!(
            "{file} is not as the index has it: `llm-proxy reindex` makes it anew from the logs"
        ))
    }
}

impl From<QueryError> for CallError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Logs { ref source, .. } => Self::Failed(format!("{error}: {source}")),
            QueryError::NoSuchSession { .. } | QueryError::Ambiguous { .. } | QueryError::NoSessions => {
                Self::NotFound(error.to_string())
            }
        }
    }
}

impl From<SearchError> for CallError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Syntax(_) => Self::BadCall(error.to_string()),
            SearchError::NoIndex { .. } => Self::NotFound(error.to_string()),
        }
    }
}

/// Answers a call that arrived as JSON: an object with `name` and, where the call has any, `args`.
pub async fn answer(front: &Front, call: Value) -> Result<Value, CallError> {
    let call: Call = serde_json::from_value(call).map_err(|error| CallError::BadCall(error.to_string()))?;
    match call {
        Call::Host => json(host_state(front).await),
        Call::Sessions(asked) => json(list::sessions(front, &asked).await?),
        Call::Requests(asked) => json(list::requests(front, asked).await?),
        Call::Session(asked) => json(session::session(front, &asked).await?),
        Call::Request(asked) => json(request::request(front, &asked).await?),
        Call::Body(asked) => json(text::body(front, asked).await?),
        Call::Record(asked) => json(text::record(front, asked).await?),
        Call::Image(asked) => json(image::image(front, asked).await?),
        Call::Search(asked) => json(found(front, &asked).await?),
        Call::Facets(asked) => json(facets::facets(front, &asked).await?),
        Call::Stats(asked) => json(stats::stats(front, &asked).await?),
        Call::Exports(asked) => json(pointing::exports(front, &asked).await?),
        Call::Clients => json(pointing::clients(front).await),
        Call::Settings => json(settings::settings(front).await?),
        Call::Set(asked) => json(settings::set(front, asked).await?),
        Call::SetShellSetUp(switch) => json(pointing::set_shell_set_up(front, switch.on).await?),
        Call::SetPaused(switch) => {
            front.host.set_paused(switch.on)?;
            json(host_state(front).await)
        }
        Call::SetStartAtLogin(switch) => {
            front.host.set_start_at_login(switch.on)?;
            json(host_state(front).await)
        }
        Call::Onboarded => json(onboarded(front).await?),
        Call::Copy(copy) => json(front.host.copy(&copy.text)?),
        Call::Open(what) => json(open::open(front, &what)?),
    }
}

fn json(answer: impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(answer).map_err(|error| CallError::Failed(error.to_string()))
}

async fn found(front: &Front, asked: &SearchArgs) -> Result<Found, CallError> {
    let after = asked.after.as_ref();
    let after = after.map(|after| Cursor { last_ms: after.last_ms, session: after.session.clone() });
    let limit = asked.limit.clamp(1, MAX_FOUND);
    Ok(search(&front.archive, &asked.query, limit, after.as_ref()).await?)
}

/// Does what waits for the disk on a thread that may.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CallError> {
    let done = Handle::current().spawn_blocking(work).await;
    done.map_err(|_| CallError::Failed("reading stopped unexpectedly".to_owned()))
}
