//! A session's lines, as the proxy writes them.

use std::collections::BTreeMap;

use llm_proxy::logs::RelativePath;
use llm_proxy::logs::layout::session_file;
use llm_proxy::model::{RequestId, SessionId, Timestamp};
use llm_proxy::provider::Provider;
use llm_proxy::record::EndKind;
use llm_proxy::record::entry::{
    Chunk, Entry, FORMAT, HeaderMap, Meta, Request, RequestTag, Response, ResponseTag, SessionStart,
    SessionStartTag, Timing,
};
use sha2::{Digest as _, Sha256};

/// One session's file, line by line.
#[derive(Debug)]
pub(crate) struct SessionLog {
    pub(crate) place: RelativePath,
    pub(crate) lines: Vec<u8>,
    pub(crate) exchanges: u64,
    /// Bytes of all bodies as they went over the wire.
    pub(crate) wire_bytes: u64,
    meta: Meta,
}

/// What comes back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) end: EndKind,
    pub(crate) error: Option<String>,
    pub(crate) body: Body,
    pub(crate) ttfb_ms: u64,
    pub(crate) total_ms: u64,
}

#[derive(Debug)]
pub(crate) enum Body {
    Whole(String),
    /// The events of a stream, each with its lines.
    Events(Vec<Vec<String>>),
}

impl SessionLog {
    pub(crate) fn begin(
        provider: Provider,
        upstream: &str,
        began_ms: i64,
        id: SessionId,
        client: Option<String>,
    ) -> Self {
        let ts = Timestamp::from_unix_ms(began_ms);
        let place = session_file(upstream, ts, &id);
        let meta = Meta {
            host: upstream.to_owned(),
            machine: "ada@desk".to_owned(),
            request_id: None,
            session: id,
            ts,
        };
        let start = Entry::SessionStart(SessionStart {
            meta: meta.clone(),
            client_session: client,
            format: Some(FORMAT),
            provider,
            tag: SessionStartTag::Tag,
            upstream: upstream.to_owned(),
        });
        Self { place, lines: start.to_line(), exchanges: 0, wire_bytes: 0, meta }
    }

    /// Adds an exchange's two lines.
    pub(crate) fn exchange(
        &mut self,
        id: String,
        at_ms: i64,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
        answer: Answer,
    ) {
        self.exchanges += 1;
        let (size, sha256) = (body.len() as u64, Some(sha256(body.as_bytes())));
        let request = Entry::Request(Request {
            meta: self.meta(&id, at_ms),
            body,
            body_b64: None,
            complete: true,
            content_encoding: None,
            gap: Vec::new(),
            headers: header_map(headers),
            http_version: Some("HTTP/1.1".to_owned()),
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: None,
            seq: self.exchanges,
            sha256,
            size,
            tail_b64: None,
            trailers: BTreeMap::new(),
            tag: RequestTag::Tag,
        });
        self.lines.extend(request.to_line());
        let response = self.response(&id, at_ms, answer);
        self.wire_bytes += size + response.size;
        self.lines.extend(Entry::Response(response).to_line());
    }

    fn response(&self, id: &str, at_ms: i64, answer: Answer) -> Response {
        let Answer { status, end, error, body, ttfb_ms, total_ms } = answer;
        let kind = if matches!(body, Body::Events(_)) {
            "text/event-stream; charset=utf-8"
        } else {
            "application/json"
        };
        let (body, chunks) = match body {
            Body::Whole(text) => (Some(text), None),
            Body::Events(events) => (None, Some(chunks(&events, at_ms, ttfb_ms, total_ms))),
        };
        let mut digest = Sha256::new();
        body.iter().for_each(|text| digest.update(text));
        chunks.iter().flatten().for_each(|chunk| digest.update(&chunk.raw));
        let bytes = body.as_ref().map_or(0, String::len)
            + chunks.iter().flatten().map(|chunk| chunk.raw.len()).sum::<usize>();
        Response {
            meta: self.meta(id, at_ms + total_ms as i64),
            body,
            body_b64: None,
            chunks,
            complete: Some(end == EndKind::Ok),
            content_encoding: None,
            end: Some(end),
            error,
            gap: Vec::new(),
            headers: header_map(&[("Content-Type", kind), ("Request-Id", id)]),
            http_version: Some("HTTP/2.0".to_owned()),
            seq: self.exchanges,
            sha256: Some(hex(&digest.finalize())),
            size: bytes as u64,
            status,
            tail_b64: None,
            timing: Timing { ttfb_ms, total_ms },
            trailers: BTreeMap::new(),
            tag: ResponseTag::Tag,
        }
    }

    fn meta(&self, id: &str, at_ms: i64) -> Meta {
        Meta {
            request_id: Some(RequestId::from_log(id)),
            ts: Timestamp::from_unix_ms(at_ms),
            ..self.meta.clone()
        }
    }
}

/// The lines of events that arrived evenly spread over the answer's time.
fn chunks(events: &[Vec<String>], at_ms: i64, ttfb_ms: u64, total_ms: u64) -> Vec<Chunk> {
    let each_ms = |number: usize| (total_ms - ttfb_ms) * number as u64 / events.len().max(1) as u64;
    let of_event = |(number, lines): (usize, &Vec<String>)| {
        let delta_ms = each_ms(number);
        let ts = Timestamp::from_unix_ms(at_ms + (ttfb_ms + delta_ms) as i64);
        lines.iter().map(|raw| Chunk { ts, delta_ms, raw: raw.clone() }).collect::<Vec<_>>()
    };
    events.iter().enumerate().flat_map(of_event).collect()
}

fn header_map(fields: &[(&str, &str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
