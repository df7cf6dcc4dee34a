//! Exchanges out of random choices: everything that the grammar of HTTP/1.1 allows and a client or a
//! provider might send, the odd more often than the ordinary.

use crate::support::raw::Field;

use super::exchange::{Exchange, Framed, Payload};
use super::rng::Rng;

const PROVIDERS: [&str; 3] = ["anthropic", "openai", "gemini"];

const METHODS: [&str; 20] = [
    "GET",
    "POST",
    "POST",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "HEAD",
    "HEAD",
    "OPTIONS",
    "PROPFIND",
    "REPORT",
    "M-SEARCH",
    "QUERY",
    "LINK",
    "get",
    "Fetch",
    "x!#$%&'*+-.^_`|~",
    "A",
    "VERSION-CONTROL-WITH-A-LONG-NAME",
];

const STATUSES: [u16; 34] = [
    200, 200, 200, 200, 201, 202, 203, 204, 205, 206, 207, 226, 299, 300, 301, 302, 303, 304, 307, 308, 400,
    401, 403, 404, 413, 422, 429, 451, 499, 500, 503, 520, 529, 599,
];

/// Fields of real clients and servers, in odd spellings. None of them is an exception, and none of
/// them makes the proxy refuse a request.
const REQUEST_NAMES: [&str; 26] = [
    "accept",
    "Accept-Encoding",
    "ACCEPT-LANGUAGE",
    "Authorization",
    "x-api-key",
    "X-Goog-Api-Key",
    "cookie",
    "Cookie",
    "User-Agent",
    "content-type",
    "Content-Encoding",
    "anthropic-version",
    "Anthropic-Beta",
    "anthropic-beta",
    "X-Stainless-Retry-Count",
    "x-request-id",
    "Via",
    "Forwarded",
    "X-Forwarded-For",
    "Cache-Control",
    "If-None-Match",
    "Range",
    "date",
    "Referer",
    "Priority",
    "idempotency-KEY",
];

const RESPONSE_NAMES: [&str; 26] = [
    "Date",
    "date",
    "Server",
    "Set-Cookie",
    "set-cookie",
    "SET-COOKIE",
    "Location",
    "Content-Type",
    "Retry-After",
    "WWW-Authenticate",
    "Vary",
    "ETag",
    "Content-Encoding",
    "Link",
    "Alt-Svc",
    "via",
    "Age",
    "Cache-Control",
    "x-ratelimit-remaining",
    "request-id",
    "CF-Ray",
    "X-Powered-By",
    "Strict-Transport-Security",
    "Content-Range",
    "Access-Control-Allow-Origin",
    "server-timing",
];

const TOKEN: &[u8] = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Pieces of paths that something on the way might decode, normalise or refuse; all of RFC 3986's
/// path characters are among them, and some that clients send although it leaves them out.
const PATH_PIECES: [&str; 40] = [
    "v1",
    "messages",
    "/",
    "/",
    "/",
    "//",
    "..",
    ".",
    "/../",
    "/./",
    "%2F",
    "%2f",
    "%3F",
    "%23",
    "%25",
    "%2541",
    "%00",
    "%0d%0a",
    "%e2%82%ac",
    "%FF",
    "%2e%2e",
    "%5C",
    "'",
    "(",
    ")",
    "*",
    "!",
    "$",
    "&",
    "+",
    ",",
    ";a=1",
    "=",
    ":",
    "@",
    "~",
    "-_",
    "[",
    "]",
    "|",
];

const QUERY_PIECES: [&str; 22] = [
    "a=1", "&", "&", "=", "?", "/", "//", "..", "%2F", "%23", "%26", "%00", "+", "%20", "'", "key=sk-1", ";",
    ":@", "[]", "alt=sse", "%zz", "%",
];

/// The exchange with this number in the run with this seed.
pub(super) fn exchange(seed: u64, id: u64) -> Exchange {
    let rng = &mut Rng::of(seed, id);
    let method = method(rng);
    let request = request_body(rng, &method);
    let status = if rng.one_in(6) { status_at_random(rng) } else { *rng.pick(&STATUSES) };
    let response = response_body(rng, &method, status);
    let request_fields = request_fields(rng, &request, &response);
    Exchange {
        id,
        provider: PROVIDERS[rng.below(PROVIDERS.len())],
        target: target(rng),
        request_fields,
        request,
        hints: rng.one_in(12).then(|| vec![(b"Link".to_vec(), b"</a>; rel=preload".to_vec())]),
        status,
        reason: reason(rng),
        response_fields: response_fields(rng, &response),
        response,
        method,
    }
}

fn method(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(10) {
        let length = rng.between(1, 24);
        return [b"X".to_vec(), rng.text(TOKEN, length)].concat();
    }
    rng.pick(&METHODS).as_bytes().to_vec()
}

fn status_at_random(rng: &mut Rng) -> u16 {
    u16::try_from(rng.between(200, 599)).expect("three digits")
}

fn reason(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => b"OK".to_vec(),
        1 => Vec::new(),
        2 => b"I'm  a (custom) phrase; 7%".to_vec(),
        _ => b"Gr\xc3\xbc\xdfe\tund mehr".to_vec(),
    }
}

fn target(rng: &mut Rng) -> Vec<u8> {
    let mut target = b"/".to_vec();
    for _ in 0..rng.below(9) {
        target.extend_from_slice(rng.pick(&PATH_PIECES).as_bytes());
    }
    if rng.one_in(2) {
        target.push(b'?');
        for _ in 0..rng.below(7) {
            target.extend_from_slice(rng.pick(&QUERY_PIECES).as_bytes());
        }
    }
    target
}

fn request_body(rng: &mut Rng, method: &[u8]) -> Payload {
    let takes_one = !matches!(method, b"HEAD");
    match rng.below(10) {
        0..=3 if takes_one => with_length(rng),
        4..=6 if takes_one => chunked(rng, "X-Sum"),
        _ => Payload::none(),
    }
}

fn response_body(rng: &mut Rng, method: &[u8], status: u16) -> Payload {
    let length_only = Payload { framed: Framed::LengthOnly(rng.below(100_000)), ..Payload::none() };
    let empty = Payload { framed: Framed::Length, ..Payload::none() };
    match (method, status, rng.below(10)) {
        (_, 204, _) => Payload::none(),
        (_, 205, _) => empty,
        (_, 304, 0..=4) | (b"HEAD", _, 0..=6) => length_only,
        (_, 304, _) | (b"HEAD", ..) => Payload::none(),
        (_, _, 0..=4) => with_length(rng),
        (_, _, 5..=8) => chunked(rng, "X-Sum"),
        _ => until_close(rng),
    }
}

fn body_bytes(rng: &mut Rng) -> Vec<u8> {
    let length = match rng.below(20) {
        0..=1 => 0,
        2..=13 => rng.between(1, 600),
        14..=18 => rng.between(600, 8 * 1024),
        _ => rng.between(8 * 1024, 96 * 1024),
    };
    rng.bytes(length)
}

fn with_length(rng: &mut Rng) -> Payload {
    Payload { framed: Framed::Length, bytes: body_bytes(rng), ..Payload::none() }
}

fn until_close(rng: &mut Rng) -> Payload {
    Payload { framed: Framed::UntilClose, bytes: body_bytes(rng), ..Payload::none() }
}

fn chunked(rng: &mut Rng, trailer: &str) -> Payload {
    let bytes = body_bytes(rng);
    let chunks = rng.parts(bytes.len(), 12);
    let mut trailers = Vec::new();
    if rng.one_in(3) {
        for _ in 0..rng.between(1, 3) {
            let name = format!("{trailer}-{}", rng.below(3));
            trailers.push((name.into_bytes(), value(rng)));
        }
    }
    Payload { framed: Framed::Chunked, bytes, chunks, chunk_extension: rng.one_in(8), trailers }
}

fn value(rng: &mut Rng) -> Vec<u8> {
    let length = rng.between(1, 60);
    match rng.below(12) {
        0 => Vec::new(),
        1..=5 => rng.text(TOKEN, length),
        6..=8 => framed_in(b'x', rng.text(b" \tabcXYZ019,;:=\"\\()<>{}[]/?@%", length)),
        9..=10 => framed_in(0xe9, (0..length).map(|_| 0x80 | rng.next().to_le_bytes()[0]).collect()),
        _ => {
            let length = rng.between(500, 4000);
            rng.text(TOKEN, length)
        }
    }
}

/// Spaces at either end would be no part of the value.
fn framed_in(edge: u8, mut inner: Vec<u8>) -> Vec<u8> {
    inner.insert(0, edge);
    inner.push(edge);
    inner
}

fn fields(rng: &mut Rng, names: &[&str]) -> Vec<Field> {
    let mut fields = Vec::new();
    for _ in 0..rng.below(14) {
        let name = if rng.one_in(4) {
            let length = rng.between(1, 20);
            [b"x-".to_vec(), rng.text(TOKEN, length)].concat()
        } else {
            rng.pick(names).as_bytes().to_vec()
        };
        for _ in 0..if rng.one_in(6) { 3 } else { 1 } {
            fields.push((name.clone(), value(rng)));
        }
    }
    fields
}

fn request_fields(rng: &mut Rng, request: &Payload, response: &Payload) -> Vec<Field> {
    let mut fields = fields(rng, &REQUEST_NAMES);
    announce(&mut fields, request);
    if !response.trailers.is_empty() {
        push(&mut fields, "TE", "trailers");
    }
    if rng.one_in(5) {
        push(&mut fields, "Connection", "keep-alive, X-Hop");
        push(&mut fields, "X-Hop", "of one connection");
        push(&mut fields, "Keep-Alive", "timeout=5");
        push(&mut fields, "Proxy-Connection", "keep-alive");
        push(&mut fields, "Proxy-Authorization", "Basic c2VjcmV0");
    }
    fields
}

fn response_fields(rng: &mut Rng, response: &Payload) -> Vec<Field> {
    let mut fields = fields(rng, &RESPONSE_NAMES);
    announce(&mut fields, response);
    if rng.one_in(5) {
        push(&mut fields, "Connection", "X-Hop");
        push(&mut fields, "X-Hop", "of one connection");
        push(&mut fields, "Keep-Alive", "timeout=5, max=100");
    }
    fields
}

fn announce(fields: &mut Vec<Field>, body: &Payload) {
    if !body.trailers.is_empty() {
        push(fields, "Trailer", "X-Sum-0, X-Sum-1, X-Sum-2");
    }
}

fn push(fields: &mut Vec<Field>, name: &str, value: &str) {
    fields.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
}
