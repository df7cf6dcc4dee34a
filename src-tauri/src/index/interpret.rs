//! From log lines to rows: the only place that knows how. The live recorder, the catch-up at
//! start and a rebuild all come through here, which is why they agree.

use base64::Engine as _;

use super::known::{Known, KnownSession, OpenRequest};
use super::latest::{Body, Told};
use super::messages::{self, Said, Seen};
use super::row::{Op, RequestRow, ResponseRow, SessionRow};
use super::title;
use crate::logs::Span;
use crate::model::{RequestId, SessionId, Timestamp};
use crate::provider::{self, Answer, AnswerBody, Kind, Provider, RequestFacts, RequestReader};
use crate::record::EndKind;
use crate::record::entry::{Entry, HeaderMap, Request, Response, SessionStart};
use crate::session::links_after;

/// A line that cannot be understood without earlier ones, which are not in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EarlierLinesNeeded;

/// Where a line comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// The session file, relative to the log folder.
    pub(super) file: &'a str,
    /// Where in it.
    pub(super) span: Span,
    /// Counts the lines of this run.
    pub(super) number: u64,
}

/// Turns lines into rows.
#[derive(Debug, Default)]
pub(super) struct Interpreter {
    pub(super) known: Known,
    pub(super) seen: Seen,
    /// Set when all earlier lines were seen: what is still missing is lost, and is guessed.
    pub(super) whole_file: bool,
}

impl Interpreter {
    /// What a line changes. `body` is of a request's line.
    pub(super) fn apply(
        &mut self,
        entry: &Entry,
        body: Body<'_>,
        line: Line<'_>,
    ) -> Result<Vec<Op>, EarlierLinesNeeded> {
        let ops = match entry {
            Entry::SessionStart(start) => self.session_start(start, line),
            Entry::Request(request) => self.request(request, body, line)?,
            Entry::Response(response) => self.response(response, line)?,
            Entry::Fork(_) => Vec::new(),
        };
        if let Some(session) = self.known.get_mut(&entry.meta().session) {
            session.touched = line.number;
        }
        Ok(ops)
    }

    fn session_start(&mut self, start: &SessionStart, line: Line<'_>) -> Vec<Op> {
        let row = SessionRow {
            id: start.meta.session.clone(),
            provider: start.provider,
            upstream: start.upstream.clone(),
            client_session: start.client_session.clone(),
            created_ms: start.meta.ts.unix_ms(),
            file: line.file.to_owned(),
            told: true,
        };
        self.learn(&row);
        vec![Op::Session(Box::new(row))]
    }

    fn learn(&mut self, row: &SessionRow) {
        let session = KnownSession {
            provider: row.provider,
            upstream: row.upstream.clone(),
            file: row.file.clone(),
            created: Timestamp::from_unix_ms(row.created_ms),
            last_seq: 0,
            title_seq: None,
            named: row.client_session.is_some(),
            open: Vec::new(),
            touched: 0,
        };
        self.known.learn(row.id.clone(), session);
    }

    /// Makes sure that the line's session is known. Where its first line is lost, the row that has
    /// to stand in for it.
    fn session_of(&mut self, meta: Meta<'_>, line: Line<'_>) -> Result<Option<Op>, EarlierLinesNeeded> {
        if self.known.get(meta.session).is_some() {
            return Ok(None);
        }
        if !self.whole_file {
            return Err(EarlierLinesNeeded);
        }
        let row = SessionRow {
            id: meta.session.clone(),
            provider: guess_provider(meta.path),
            upstream: meta.host.to_owned(),
            client_session: None,
            created_ms: meta.ts.unix_ms(),
            file: line.file.to_owned(),
            told: false,
        };
        self.learn(&row);
        Ok(Some(Op::Session(Box::new(row))))
    }

    fn request(
        &mut self,
        request: &Request,
        body: Body<'_>,
        line: Line<'_>,
    ) -> Result<Vec<Op>, EarlierLinesNeeded> {
        let mut ops = Vec::from_iter(self.session_of(Meta::of_request(request), line)?);
        let id = &request.meta.session;
        let session = self.known.get_mut(id).ok_or(EarlierLinesNeeded)?;
        let Told { facts, identity, known } = body.told(session.provider, &session.upstream, request);
        let row = request_row(request, &facts, session, identity.chain, line);
        session.open(OpenRequest {
            request_id: row.request_id.clone(),
            seq: row.seq,
            path: row.path.clone(),
            chain: row.chain,
        });
        if let Some(client) = identity.client_session.filter(|_| !session.named) {
            session.named = true;
            ops.push(Op::ClientSession(id.clone(), client));
        }
        if let Some(title) = title::of(&facts).filter(|_| session.takes_title_of(request.seq)) {
            ops.push(Op::Title(id.clone(), request.seq, title));
        }
        let said =
            Said { session: id, request_id: &row.request_id, seq: row.seq, line_offset: line.span.offset };
        let rows = if facts.kind == Kind::Chat {
            messages::rows(&facts.messages, known, said, &mut self.seen)
        } else {
            Vec::new()
        };
        ops.push(Op::Request(Box::new(row)));
        ops.extend(rows);
        Ok(ops)
    }

    fn response(&mut self, response: &Response, line: Line<'_>) -> Result<Vec<Op>, EarlierLinesNeeded> {
        let mut ops = Vec::from_iter(self.session_of(Meta::of_response(response), line)?);
        let id = &response.meta.session;
        let session = self.known.get_mut(id).ok_or(EarlierLinesNeeded)?;
        let open = match session.close(response.meta.request_id.as_ref(), response.seq) {
            Some(open) => open,
            None if self.whole_file => lost_request(response, line),
            None => return Err(EarlierLinesNeeded),
        };
        let answer = read_answer(session.provider, &open.path, response);
        let links = links_after(session.provider, &session.upstream, open.chain, &answer);
        session.last_seq = session.last_seq.max(response.seq);
        let said = Said {
            session: id,
            request_id: &open.request_id,
            seq: response.seq,
            line_offset: line.span.offset,
        };
        let rows = match &response.chunks {
            Some(_) => messages::rows_of_stream(answer.message.as_ref(), said, &mut self.seen),
            None => messages::rows(answer.message.as_slice(), 0, said, &mut self.seen),
        };
        ops.push(Op::Response(Box::new(response_row(response, open.request_id, answer, session, line))));
        ops.extend(links.into_iter().map(|key| Op::Link(key, id.clone())));
        ops.extend(rows);
        Ok(ops)
    }
}

/// What is needed of a line whose session may be unknown.
#[derive(Debug, Clone, Copy)]
struct Meta<'a> {
    session: &'a SessionId,
    host: &'a str,
    path: &'a str,
    ts: Timestamp,
}

impl<'a> Meta<'a> {
    fn of_request(request: &'a Request) -> Self {
        let meta = &request.meta;
        Self { session: &meta.session, host: &meta.host, path: &request.path, ts: meta.ts }
    }

    fn of_response(response: &'a Response) -> Self {
        let meta = &response.meta;
        Self { session: &meta.session, host: &meta.host, path: "", ts: started(response) }
    }
}

fn request_row(
    request: &Request,
    facts: &RequestFacts,
    session: &KnownSession,
    chain: Option<crate::session::ChainHash>,
    line: Line<'_>,
) -> RequestRow {
    RequestRow {
        request_id: row_id(request.meta.request_id.as_ref(), &request.meta.session, line),
        session: request.meta.session.clone(),
        seq: request.seq,
        provider: session.provider,
        upstream: session.upstream.clone(),
        method: request.method.clone(),
        path: request.path.clone(),
        kind: text_of(facts.kind),
        model: facts.model.clone(),
        client_name: facts.client.name.clone(),
        client_version: facts.client.version.clone(),
        project: facts.project.clone(),
        agent: facts.session.agent.clone(),
        started_ms: request.meta.ts.unix_ms(),
        request_bytes: request.size,
        gaps: request.gap.len() as u64,
        file: line.file.to_owned(),
        span: line.span,
        chain,
    }
}

fn response_row(
    response: &Response,
    request_id: String,
    answer: Answer,
    session: &KnownSession,
    line: Line<'_>,
) -> ResponseRow {
    ResponseRow {
        request_id,
        session: response.meta.session.clone(),
        seq: response.seq,
        provider: session.provider,
        upstream: session.upstream.clone(),
        started_ms: started(response).unix_ms(),
        model: answer.model,
        status: response.status,
        end_kind: response.end.map(end_text),
        stop_reason: answer.stop_reason,
        error: response.error.clone().or_else(|| answer.error.map(|error| error.message)),
        usage: answer.usage,
        ttfb_ms: response.timing.ttfb_ms,
        total_ms: response.timing.total_ms,
        response_bytes: response.size,
        gaps: response.gap.len() as u64,
        file: line.file.to_owned(),
        span: line.span,
    }
}

/// A response whose request's line is torn away: it is shown on its own.
fn lost_request(response: &Response, line: Line<'_>) -> OpenRequest {
    let request_id = row_id(response.meta.request_id.as_ref(), &response.meta.session, line);
    OpenRequest { request_id, seq: response.seq, path: String::new(), chain: None }
}

/// The exchange's key. Old logs have no request ids, and may have a number twice; a line's place is
/// its own.
fn row_id(id: Option<&RequestId>, session: &SessionId, line: Line<'_>) -> String {
    id.map_or_else(|| format!("{session}@{}", line.span.offset), |id| id.as_str().to_owned())
}

fn started(response: &Response) -> Timestamp {
    let total_ms = i64::try_from(response.timing.total_ms).unwrap_or(0);
    Timestamp::from_unix_ms(response.meta.ts.unix_ms().saturating_sub(total_ms))
}

/// What a request line says.
pub(crate) fn read_request(provider: Provider, request: &Request) -> RequestFacts {
    let header = |name: &str| header(&request.headers, name);
    provider::read_request(provider, &request.path, &header, &request.body)
}

/// The same with a reader that knows the request before it; `same` bytes of both bodies are the same. Says how
/// many messages are, too.
pub(crate) fn read_next_request<'a>(
    reader: &'a mut RequestReader,
    provider: Provider,
    request: &Request,
    body: &str,
    same: usize,
) -> (&'a RequestFacts, usize) {
    let header = |name: &str| header(&request.headers, name);
    reader.read(provider, &request.path, &header, body, same)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let (_, values) = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    values.first().map(String::as_str)
}

/// What a response line to a request for `path` says.
pub(crate) fn read_answer(provider: Provider, path: &str, response: &Response) -> Answer {
    with_body(response, |body| provider::read_answer(provider, path, body)).unwrap_or_default()
}

/// What is made of a response line's body; none: it has none.
pub(crate) fn with_body<T>(response: &Response, make: impl FnOnce(AnswerBody<'_>) -> T) -> Option<T> {
    match (&response.chunks, &response.body, &response.body_b64) {
        (Some(chunks), _, _) => {
            let lines = chunks.iter().map(|chunk| chunk.raw.as_str());
            Some(make(AnswerBody::Events(&event_text(lines))))
        }
        (None, Some(body), _) => Some(make(AnswerBody::Json(body))),
        (None, None, Some(body)) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(body).unwrap_or_default();
            Some(make(AnswerBody::Json(&String::from_utf8_lossy(&bytes))))
        }
        (None, None, None) => None,
    }
}

/// Puts an event stream together again. The Go llm-proxy logged Bedrock's events without line ends.
fn event_text<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        if !line.ends_with(['\n', '\r']) {
            text.push_str("\n\n");
        }
    }
    text
}

/// Whose API a path is of, for files that lost their first line.
pub(crate) fn guess_provider(path: &str) -> Provider {
    if path.starts_with("/model/") {
        Provider::Bedrock
    } else if path.contains("/messages") || path.ends_with("/complete") {
        Provider::Anthropic
    } else if path.contains("enerateContent") || path.contains("v1internal") || path.contains("v1beta") {
        Provider::Gemini
    } else {
        Provider::OpenAi
    }
}

/// A unit enum's name as serde writes it.
fn text_of(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => String::new(),
    }
}

fn end_text(kind: EndKind) -> &'static str {
    match kind {
        EndKind::Ok => "ok",
        EndKind::UpstreamError => "upstream_error",
        EndKind::UpstreamTruncated => "upstream_truncated",
        EndKind::ClientAborted => "client_aborted",
        EndKind::ProxyKilled => "proxy_killed",
        EndKind::Refused => "refused",
    }
}

#[cfg(test)]
#[path = "interpret_tests.rs"]
mod tests;
