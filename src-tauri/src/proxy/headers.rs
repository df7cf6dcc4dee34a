//! Which header fields travel on.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};

use crate::record::Headers;
use crate::record::redact::Redactor;

/// Fields that concern one connection only (RFC 9110 7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The client's fields, as the upstream gets them. `Host` is left out: hyper's client writes
/// the upstream's, and for h2 the pseudo-field instead.
/// `TE: trailers` is kept as that and nothing more, because trailers are passed on. A chunked body stays
/// one: hyper's client sends none of unknown length with GET or HEAD unless a field says so.
pub(super) fn for_upstream(from_client: &HeaderMap) -> HeaderMap {
    let mut kept = end_to_end(from_client, &[header::HOST, header::PROXY_AUTHORIZATION]);
    if accepts_trailers(from_client) {
        kept.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if from_client.contains_key(header::TRANSFER_ENCODING) {
        kept.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    kept
}

/// The upstream's fields, as the client gets them.
pub(super) fn for_client(from_upstream: &HeaderMap) -> HeaderMap {
    end_to_end(from_upstream, &[])
}

/// Whether the request asks for a change of protocol.
pub(super) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
        && listed(headers, header::CONNECTION).any(|name| name.eq_ignore_ascii_case("upgrade"))
}

/// Fields as the log shows them, redacted and as text: written like [`Headers`], and never held in memory.
#[derive(Debug)]
pub(super) struct LoggedHeaders<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) redactor: &'a Redactor,
}

impl Serialize for LoggedHeaders<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.headers.iter().map(|(name, value)| Field {
            name: name.as_str(),
            value: value.as_bytes(),
            redactor: self.redactor,
        }))
    }
}

struct Field<'a> {
    name: &'a str,
    value: &'a [u8],
    redactor: &'a Redactor,
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = String::from_utf8_lossy(self.value);
        (self.name, self.redactor.header(self.name, &text)).serialize(serializer)
    }
}

/// Trailer fields, redacted and as text.
pub(super) fn trailers_for_log(trailers: &HeaderMap, redactor: &Redactor) -> Headers {
    trailers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), redactor.header(name.as_str(), &text).into_owned())
        })
        .collect()
}

fn end_to_end(headers: &HeaderMap, besides: &[HeaderName]) -> HeaderMap {
    let named: Vec<HeaderName> =
        listed(headers, header::CONNECTION).filter_map(|name| name.parse().ok()).collect();
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(name) && !named.contains(name) && !besides.contains(name) {
            kept.append(name, value.clone());
        }
    }
    kept
}

fn accepts_trailers(headers: &HeaderMap) -> bool {
    listed(headers, header::TE).any(|coding| coding.eq_ignore_ascii_case("trailers"))
}

/// The members of a comma-separated field.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn w21_hop_by_hop_fields_stay_here() {
        let client = map(&[
            ("connection", "close, X-Foo"),
            ("x-foo", "1"),
            ("keep-alive", "5"),
            ("proxy-authorization", "Basic secret"),
            ("te", "gzip;q=1"),
            ("upgrade", "h2c"),
            ("host", "127.0.0.1:1"),
            ("accept", "a"),
            ("trailer", "x-sum"),
        ]);
        assert_eq!(for_upstream(&client), map(&[("accept", "a"), ("trailer", "x-sum")]));
    }

    #[test]
    fn trailers_are_asked_for_when_the_client_does() {
        assert_eq!(for_upstream(&map(&[("te", "trailers, deflate")])), map(&[("te", "trailers")]));
    }
}
