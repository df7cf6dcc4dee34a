//! The log and what is derived from it: one exchange's lines written, its session decided, the index
//! and the watchers told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio::time::timeout;

use super::harmless::{guarded, line_within, or_without_body};
use super::{Recorded, Retry};
use crate::db::Db;
use crate::index::{Index, LogFolder, Reading, SessionRef};
use crate::logs::layout;
use crate::logs::write::{Unsynced, WriteError, Writer};
use crate::logs::{Content, MAX_LINE_BYTES, RelativePath, Span};
use crate::model::{Change, SessionId};
use crate::record::assemble::{self, WireBody};
use crate::record::entry::{self, Entry, FORMAT, Meta, SessionStart, SessionStartTag};
use crate::record::redact::Redactor;
use crate::record::{Assigned, Begin, Event};
use crate::session::Identity;

/// The index gets so long to read what it missed before the log goes on without waiting for it.
const CATCH_UP: Duration = Duration::from_secs(10);

/// Something could not be written. It was reported; the caller keeps the exchange and tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degraded;

/// An exchange on its way into the log.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) exchange: Recorded,
    pub(super) request_written: bool,
    pub(super) response_written: bool,
}

impl Draft {
    pub(super) fn new(exchange: Recorded) -> Self {
        Self { exchange, request_written: false, response_written: false }
    }
}

/// The log folder, as its one writer holds it.
#[derive(Debug)]
pub struct Book {
    log_dir: PathBuf,
    writer: Writer,
    index: Option<Index>,
    index_retry: Retry,
    /// A look-up in a locked database takes seconds: after one, sessions are not looked up for a while.
    lookup_retry: Retry,
    redactor: Redactor,
    /// `user@host` of this machine.
    machine: String,
    changes: broadcast::Sender<Change>,
    /// Set while lines cannot be written, so that it is reported once.
    degraded: bool,
    /// Whether the last line that could not be written lacked room.
    full: bool,
}

impl Book {
    /// Opens the log folder for writing. The index is opened later: nobody waits for it.
    pub fn open(
        log_dir: PathBuf,
        redactor: Redactor,
        machine: String,
        changes: broadcast::Sender<Change>,
    ) -> std::io::Result<Self> {
        let writer = Writer::open(&log_dir)?;
        Ok(Self {
            log_dir,
            writer,
            index: None,
            index_retry: Retry::default(),
            lookup_retry: Retry::default(),
            redactor,
            machine,
            changes,
            degraded: false,
            full: false,
        })
    }

    /// Opens the index and brings it up to date, if it is not open and an attempt is due. Without it
    /// the log goes on; only continuing sessions are not recognised.
    pub(super) async fn open_index(&mut self) {
        if self.index.is_some() || !self.index_retry.is_due() {
            return;
        }
        match Db::open(&self.log_dir.join("sessions.db")).await {
            Ok(opened) => {
                tracing::debug!(state = ?opened.state, "the index is open");
                let source = Arc::new(LogFolder::new(self.log_dir.clone()));
                let index = Index::open(opened.db, source, &Handle::current());
                match timeout(CATCH_UP, index.catch_up()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "the index is behind the log; `llm-proxy reindex` rebuilds it")
                    }
                    Err(_) => tracing::warn!(
                        "the index is locked by another program; it follows the log when it can"
                    ),
                }
                self.index = Some(index);
            }
            Err(error) => {
                self.index_retry.failed();
                tracing::error!(%error, "no index: the log goes on without it");
            }
        }
    }

    /// Writes the request's line, once. `note` puts the recorder's notes into the journal.
    pub(super) async fn write_request(
        &mut self,
        draft: &mut Draft,
        note: impl Fn(&Event<'_>),
    ) -> Result<(), Degraded> {
        if draft.request_written {
            return Ok(());
        }
        let exchange = &draft.exchange;
        let Some(begin) = &exchange.begin else { return Ok(()) };
        let size = exchange.end.as_ref().map_or(exchange.request.known_bytes(), |end| end.request_bytes);
        let wire = WireBody::collect(&exchange.request.pieces, size, exchange.gap_reason(), |at, body| {
            at.read_into(body).is_ok()
        });
        let meta = self.meta(begin, SessionId::new(begin.started));
        let make = |wire| assemble::request(exchange, meta.clone(), 1, wire, &self.redactor);
        let Some(mut request) = or_without_body(make, wire, size) else { return Ok(()) };
        let request_id = begin.request_id.clone();
        let place = self.place(begin, &mut request, exchange.assigned.as_ref()).await;
        let file = place.file.clone();
        if exchange.assigned.is_none() {
            let assigned = Assigned {
                session: request.meta.session.clone(),
                seq: request.seq,
                file: file.as_str().to_owned(),
                offset: self.length_of(&file),
            };
            note(&Event::Assigned(assigned.clone()));
            draft.exchange.assigned = Some(assigned);
        }
        if let Some(start) = place.start {
            self.append(&file, Entry::SessionStart(start))?;
            self.tell(Change::SessionStarted(request.meta.session.clone()));
        }
        let told = Change::RequestLogged(request.meta.session.clone(), request_id);
        self.append_read(&file, Entry::Request(request), place.reading)?;
        draft.request_written = true;
        self.tell(told);
        Ok(())
    }

    /// Writes what is missing of an ended exchange's lines.
    pub(super) async fn write_all(
        &mut self,
        draft: &mut Draft,
        note: impl Fn(&Event<'_>),
    ) -> Result<(), Degraded> {
        self.write_request(draft, note).await?;
        let exchange = &draft.exchange;
        let (Some(begin), Some(end), Some(assigned)) = (&exchange.begin, &exchange.end, &exchange.assigned)
        else {
            return Ok(());
        };
        if draft.response_written {
            return Ok(());
        }
        let Ok(file) = RelativePath::parse(&assigned.file) else { return Ok(()) };
        let wire = WireBody::collect(
            &exchange.response.pieces,
            end.response_bytes,
            exchange.gap_reason(),
            |at, body| at.read_into(body).is_ok(),
        );
        let mut meta = self.meta(begin, assigned.session.clone());
        meta.ts = exchange.wall_clock(exchange.last_at);
        let make = |wire| assemble::response(exchange, meta.clone(), assigned.seq, wire, &self.redactor);
        let Some(response) = or_without_body(make, wire, end.response_bytes) else { return Ok(()) };
        let told = Change::ExchangeEnded(assigned.session.clone(), begin.request_id.clone());
        self.append(&file, Entry::Response(response))?;
        draft.response_written = true;
        self.tell(told);
        Ok(())
    }

    /// The files whose lines may not be on the disk yet.
    pub(super) fn take_unsynced(&mut self) -> Unsynced {
        self.writer.take_unsynced()
    }

    /// Hears whether lines reached the disk. False when they did not; they are tried again.
    pub(super) fn synced(&mut self, synced: Option<(Unsynced, Result<(), WriteError>)>) -> bool {
        match synced {
            Some((_, Ok(()))) => true,
            Some((files, Err(error))) => {
                self.writer.still_unsynced(&files);
                self.report(&error);
                false
            }
            None => false,
        }
    }

    /// Has the index commit its last rows.
    pub(super) async fn close(self, within: Duration) {
        if let Some(index) = self.index
            && let Err(error) = index.close(within).await
        {
            tracing::warn!(%error, "the index did not get its last rows; they are read from the log at the next start");
        }
    }

    /// What recovery needs to know of a file that a dead run was writing.
    pub(super) fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// Where the log has the request of an exchange whose place the journal does not tell.
    pub(super) async fn place_of(&self, begin: &Begin) -> Option<Assigned> {
        let found = self.index.as_ref()?.place_of(&begin.request_id).await;
        found.inspect_err(|error| tracing::warn!(%error, "an exchange may be logged twice")).ok()?
    }

    /// Decides the session, and with it file and number.
    async fn place(
        &mut self,
        begin: &Begin,
        request: &mut entry::Request,
        assigned: Option<&Assigned>,
    ) -> Place {
        if let Some(assigned) = assigned
            && let Ok(file) = RelativePath::parse(&assigned.file)
        {
            request.meta.session = assigned.session.clone();
            request.seq = assigned.seq;
            let start = (self.length_of(&file) == 0).then(|| self.session_start(begin, request, None));
            return Place { file, start, reading: None };
        }
        let reading = guarded(|| Reading::of(begin.provider, &begin.upstream, request));
        let nothing = Identity::default();
        let identity = reading.as_ref().map_or(&nothing, Reading::identity);
        if let Some((known, file)) = self.find(identity, begin).await {
            request.seq = known.last_seq + 1;
            request.meta.session = known.id;
            return Place { file, start: None, reading };
        }
        let file = layout::session_file(&begin.upstream, begin.started, &request.meta.session);
        let start = self.session_start(begin, request, identity.client_session.clone());
        Place { file, start: Some(start), reading }
    }

    async fn find(&mut self, identity: &Identity, begin: &Begin) -> Option<(SessionRef, RelativePath)> {
        let index = self.index.as_mut().filter(|_| self.lookup_retry.is_due())?;
        let found = index.find(identity, begin.provider, &begin.upstream).await;
        match found {
            Ok(known) => {
                known.and_then(|known| RelativePath::parse(&known.file).ok().map(|file| (known, file)))
            }
            Err(error) => {
                self.lookup_retry.failed();
                tracing::warn!(%error, "cannot look the session up; a new one is begun");
                None
            }
        }
    }

    fn session_start(
        &self,
        begin: &Begin,
        request: &entry::Request,
        client_session: Option<String>,
    ) -> SessionStart {
        let meta = Meta { request_id: None, ..request.meta.clone() };
        SessionStart {
            meta,
            client_session: client_session.map(|id| self.redactor.text(&id).into_owned()),
            format: Some(FORMAT),
            provider: begin.provider,
            tag: SessionStartTag::Tag,
            upstream: begin.upstream.clone(),
        }
    }

    fn meta(&self, begin: &Begin, session: SessionId) -> Meta {
        Meta {
            host: begin.upstream.clone(),
            machine: self.machine.clone(),
            request_id: Some(begin.request_id.clone()),
            session,
            ts: begin.started,
        }
    }

    fn append(&mut self, file: &RelativePath, entry: Entry) -> Result<(), Degraded> {
        self.append_read(file, entry, None)
    }

    fn append_read(
        &mut self,
        file: &RelativePath,
        entry: Entry,
        reading: Option<Reading>,
    ) -> Result<(), Degraded> {
        let body_bytes = entry.body_bytes();
        let (entry, line) = line_within(entry, MAX_LINE_BYTES);
        // The index holds what the log has: of a body that was left out, nothing.
        let reading = reading.filter(|_| entry.body_bytes() == body_bytes);
        match self.writer.append(file, &line) {
            Ok(span) => {
                self.applied(&entry, reading, file, span);
                Ok(())
            }
            Err(error) => {
                self.report(&error);
                Err(Degraded)
            }
        }
    }

    fn applied(&mut self, entry: &Entry, reading: Option<Reading>, file: &RelativePath, span: Span) {
        if self.degraded {
            self.degraded = false;
            tracing::info!("the log can be written again");
        }
        if let Some(index) = &mut self.index {
            guarded(|| index.apply_read(entry, reading, file.as_str(), span));
        }
    }

    /// Whether it was for lack of room that the last line could not be written.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    fn report(&mut self, error: &WriteError) {
        self.full = error.is_full();
        if !self.degraded {
            self.degraded = true;
            tracing::error!(%error, "the log cannot be written; traffic goes on, and what is missing will be marked");
            self.tell(Change::Degraded("the log cannot be written"));
        }
    }

    fn length_of(&self, file: &RelativePath) -> u64 {
        Content::length_of(&self.log_dir, file).unwrap_or(0)
    }

    fn tell(&self, change: Change) {
        // Nobody may be watching.
        let _ = self.changes.send(change);
    }
}

/// Where a request's line goes.
struct Place {
    file: RelativePath,
    /// The session's first line, when this is its first request.
    start: Option<SessionStart>,
    /// What the request says, if it was read to find its place.
    reading: Option<Reading>,
}
