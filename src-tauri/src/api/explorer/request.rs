//! One request: what the index says of it, and what its lines say.

use super::call::{CallError, Front, on_disk};
use super::session::turn;
use super::summary::request_summary;
use super::types::{
    BodyFacts, CostPart, PricedTurn, RecordSpan, RequestArgs, RequestDetail, Side, StreamEvent,
};
use crate::api::query::Archive;
use crate::api::types::Turn;
use crate::index::list::{self as index, Listed};
use crate::index::query::{Exchange, exchanges};
use crate::logs::read::{ReadError, read_span};
use crate::logs::{RelativePath, Span};
use crate::model::Timestamp;
use crate::provider::prices::{self, usd};
use crate::provider::{Provider, Usage};
use crate::record::entry::{Entry, HeaderMap, Request, Response};

/// Lines of an event stream that are told,
const MAX_EVENTS: usize = 10_000;

/// and bytes of each.
const MAX_EVENT_BYTES: usize = 4096;

/// A request as the index has it.
pub(super) async fn listed(front: &Front, request_id: &str) -> Result<Listed, CallError> {
    match index::request(front.archive.db(), request_id).await {
        Ok(Some(listed)) => Ok(listed),
        Ok(None) => Err(CallError::NotFound(format!(
            "no request `{request_id}` in the index: `llm-proxy reindex` makes it anew from the logs"
        ))),
        Err(error) => Err(CallError::no_index(&front.archive, &error)),
    }
}

/// A request, whole but for its bodies.
pub(super) async fn request(front: &Front, asked: &RequestArgs) -> Result<RequestDetail, CallError> {
    let listed = listed(front, &asked.request_id).await?;
    let (previous, next) = neighbours(front, &listed.exchange).await?;
    let (archive, exchange) = (front.archive.clone(), listed.exchange.clone());
    let (lines, turn) = on_disk(move || {
        let lines = Lines::read(&archive, &exchange)?;
        Ok::<_, CallError>((lines, turn_of(&archive, &exchange)?))
    })
    .await??;
    let cost_usd = listed.exchange.cost_nanousd.map(usd);
    let request = lines.request.as_ref();
    let chunks = lines.response.as_ref().and_then(|response| response.chunks.as_deref()).unwrap_or_default();
    Ok(RequestDetail {
        cost: cost_parts(&listed.exchange),
        record: spans(&listed.exchange),
        summary: request_summary(listed),
        turn: PricedTurn::new(cost_usd, turn),
        request_headers: request.map(|request| request.headers.clone()).unwrap_or_default(),
        response_headers: lines.response.as_ref().map(|line| line.headers.clone()).unwrap_or_default(),
        query: request.and_then(|request| request.query.clone()),
        http_version: request.and_then(|request| request.http_version.clone()),
        request_body: request.map(request_facts).unwrap_or_default(),
        response_body: lines.response.as_ref().map(response_facts).unwrap_or_default(),
        event_count: chunks.len() as u64,
        events: chunks.iter().take(MAX_EVENTS).map(|chunk| event(chunk.delta_ms, &chunk.raw)).collect(),
        previous,
        next,
    })
}

/// What each part of its tokens cost; none where no price is known.
fn cost_parts(exchange: &Exchange) -> Vec<CostPart> {
    let usage = Usage {
        input_tokens: exchange.input_tokens,
        output_tokens: exchange.output_tokens,
        cache_read_tokens: exchange.cache_read_tokens,
        cache_write_tokens: exchange.cache_write_tokens,
        cache_write_1h_tokens: exchange.cache_write_1h_tokens,
        reasoning_tokens: exchange.reasoning_tokens,
    };
    let started = Timestamp::from_unix_ms(exchange.started_ms);
    let provider = Provider::from_name(&exchange.provider);
    let priced = provider.zip(exchange.model.as_deref());
    let cost = priced
        .and_then(|(provider, model)| prices::cost(provider, &exchange.upstream, model, started, usage));
    cost.map(|cost| cost.parts.into_iter().map(CostPart::from).collect()).unwrap_or_default()
}

/// The requests before and after it in its session.
async fn neighbours(
    front: &Front,
    exchange: &Exchange,
) -> Result<(Option<String>, Option<String>), CallError> {
    let all = exchanges(front.archive.db(), &exchange.session).await;
    let all = all.map_err(|error| CallError::no_index(&front.archive, &error))?;
    let Some(at) = all.iter().position(|other| other.request_id == exchange.request_id) else {
        return Ok((None, None));
    };
    let id = |at: Option<usize>| at.and_then(|at| all.get(at)).map(|other| other.request_id.clone());
    Ok((id(at.checked_sub(1)), id(at.checked_add(1))))
}

/// The exchange's turn, as its session has it.
fn turn_of(archive: &Archive, exchange: &Exchange) -> Result<Turn, CallError> {
    let last_line = exchange.response_span.or(exchange.request_span);
    let until = last_line.map_or(u64::MAX, |(offset, len)| offset.saturating_add(len));
    let found = archive.see(&file_of(exchange)?, until, |reading| turn(reading, &exchange.request_id))?;
    found.ok_or_else(|| CallError::outdated(&exchange.file))
}

/// An exchange's file.
pub(super) fn file_of(exchange: &Exchange) -> Result<RelativePath, CallError> {
    RelativePath::parse(&exchange.file).map_err(|_| CallError::outdated(exchange.file.as_str()))
}

/// Where the line of a side is.
pub(super) fn span_of(exchange: &Exchange, side: Side) -> Option<Span> {
    let span = match side {
        Side::Request => exchange.request_span,
        Side::Response => exchange.response_span,
    };
    span.map(|(offset, len)| Span { offset, len })
}

fn spans(exchange: &Exchange) -> Vec<RecordSpan> {
    let span = |what: &str, side| {
        span_of(exchange, side).map(|span| RecordSpan {
            what: what.to_owned(),
            file: exchange.file.clone(),
            offset: span.offset,
            bytes: span.len,
        })
    };
    span("request", Side::Request).into_iter().chain(span("response", Side::Response)).collect()
}

/// An exchange's lines, as far as there are any.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) request: Option<Request>,
    pub(super) response: Option<Response>,
}

impl Lines {
    fn read(archive: &Archive, exchange: &Exchange) -> Result<Self, CallError> {
        let mut lines = Self::default();
        for side in [Side::Request, Side::Response] {
            lines.read_side(archive, exchange, side)?;
        }
        Ok(lines)
    }

    /// Reads the line of one side.
    pub(super) fn read_side(
        &mut self,
        archive: &Archive,
        exchange: &Exchange,
        side: Side,
    ) -> Result<(), CallError> {
        let Some(span) = span_of(exchange, side) else { return Ok(()) };
        match read_span(archive.log_dir(), &file_of(exchange)?, span).map_err(|error| unreadable(&error))? {
            Entry::Request(request) => self.request = Some(request),
            Entry::Response(response) => self.response = Some(response),
            Entry::SessionStart(_) | Entry::Fork(_) => return Err(CallError::outdated(&exchange.file)),
        }
        Ok(())
    }
}

/// Why a line that the index knows cannot be read.
pub(super) fn unreadable(error: &ReadError) -> CallError {
    match error {
        ReadError::NoSuchLine { file, .. } | ReadError::NoEntry { file, .. } => {
            CallError::outdated(file.as_str())
        }
        ReadError::Io { .. } => CallError::Failed(error.to_string()),
    }
}

fn request_facts(request: &Request) -> BodyFacts {
    BodyFacts {
        bytes: request.body_b64.as_ref().map_or(request.body.len(), String::len) as u64,
        wire_bytes: Some(request.size),
        media_type: media_type(&request.headers),
        content_encoding: request.content_encoding.clone(),
        is_binary: request.body_b64.is_some(),
        complete: request.complete && request.gap.is_empty(),
    }
}

fn response_facts(response: &Response) -> BodyFacts {
    let bytes = match (&response.chunks, &response.body, &response.body_b64) {
        (Some(chunks), _, _) => chunks.iter().map(|chunk| chunk.raw.len()).sum(),
        (None, Some(text), _) | (None, None, Some(text)) => text.len(),
        (None, None, None) => 0,
    };
    BodyFacts {
        bytes: bytes as u64,
        wire_bytes: Some(response.size),
        media_type: media_type(&response.headers),
        content_encoding: response.content_encoding.clone(),
        is_binary: response.chunks.is_none() && response.body.is_none() && response.body_b64.is_some(),
        complete: response.complete.unwrap_or(true) && response.gap.is_empty(),
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let (_, values) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    let media_type = values.first()?.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!media_type.is_empty()).then_some(media_type)
}

fn event(at_ms: u64, raw: &str) -> StreamEvent {
    StreamEvent { at_ms, raw: raw[..raw.floor_char_boundary(MAX_EVENT_BYTES)].to_owned() }
}
