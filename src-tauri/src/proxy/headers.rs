//! Which header fields travel on.

use std::ops::Range;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use crate::record::Headers;
use crate::record::redact::Redactor;

/// Fields that concern one connection only (RFC 9110 7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [&str; 6] =
    ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// So many fields hardly any head has: more of them are allocated for.
const MOSTLY: usize = 32;

/// The client's fields, as the upstream gets them. `Host` is left out: hyper's client writes
/// the upstream's, and for h2 the pseudo-field instead.
/// `TE: trailers` is kept as that and nothing more, because trailers are passed on. A chunked body stays
/// one: hyper's client sends none of unknown length with GET or HEAD unless a field says so.
pub(super) fn for_upstream(from_client: HeaderMap) -> HeaderMap {
    let accepts_trailers = accepts_trailers(&from_client);
    let is_chunked = from_client.contains_key(header::TRANSFER_ENCODING);
    let mut kept = end_to_end(from_client, &["host", "proxy-authorization"]);
    if accepts_trailers {
        kept.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if is_chunked {
        kept.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    kept
}

/// The upstream's fields, as the client gets them.
pub(super) fn for_client(from_upstream: HeaderMap) -> HeaderMap {
    end_to_end(from_upstream, &[])
}

/// Whether the request asks for a change of protocol.
pub(super) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
        && listed(headers, header::CONNECTION).any(|name| name.eq_ignore_ascii_case("upgrade"))
}

/// Fields as the log shows them, redacted and as text: written like [`Headers`].
#[derive(Debug)]
pub(super) struct LoggedHeaders<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) redactor: &'a Redactor,
}

impl Serialize for LoggedHeaders<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = Values::of(self.headers);
        serializer.collect_seq(self.redactor.headers(&values.text, values.fields(self.headers)))
    }
}

/// Trailer fields, redacted and as text.
pub(super) fn trailers_for_log(trailers: &HeaderMap, redactor: &Redactor) -> Headers {
    let values = Values::of(trailers);
    let redacted = redactor.headers(&values.text, values.fields(trailers));
    redacted.map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
}

/// The values of all fields as one text, a line break between them.
struct Values {
    text: String,
    /// Where each value stands.
    places: SmallVec<[Range<usize>; MOSTLY]>,
}

impl Values {
    fn of(headers: &HeaderMap) -> Self {
        let bytes = headers.values().map(|value| value.len() + 1).sum();
        let mut values = Self { text: String::with_capacity(bytes), places: SmallVec::new() };
        for value in headers.values() {
            let start = values.text.len();
            values.text.push_str(&String::from_utf8_lossy(value.as_bytes()));
            values.places.push(start..values.text.len());
            values.text.push('\n');
        }
        values
    }

    /// The names, each with the place of its value.
    fn fields<'h>(&'h self, headers: &'h HeaderMap) -> impl Iterator<Item = (&'h str, Range<usize>)> {
        headers.iter().map(|(name, _)| name.as_str()).zip(self.places.iter().cloned())
    }
}

/// The fields that go on, in their order. Names and values are moved: a name that is not one of HTTP's own costs
/// an allocation when it is cloned first.
fn end_to_end(headers: HeaderMap, besides: &[&str]) -> HeaderMap {
    let named: Vec<HeaderName> =
        listed(&headers, header::CONNECTION).filter_map(|name| name.parse().ok()).collect();
    let goes_on = |name: &HeaderName| {
        let text = name.as_str();
        !HOP_BY_HOP.contains(&text) && !besides.contains(&text) && !named.contains(name)
    };
    if headers.keys().all(goes_on) {
        return headers;
    }
    let mut kept = HeaderMap::with_capacity(headers.len());
    let mut goes = false;
    kept.extend(headers.into_iter().filter(|(name, _)| {
        // Of several values of one name only the first comes with the name.
        goes = name.as_ref().map_or(goes, goes_on);
        goes
    }));
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
        assert_eq!(for_upstream(client), map(&[("accept", "a"), ("trailer", "x-sum")]));
    }

    #[test]
    fn several_values_of_one_name_go_or_stay_together_and_in_order() {
        let mut client = map(&[("host", "a"), ("accept", "1"), ("connection", "x-mine"), ("x-mine", "1")]);
        for (name, value) in [("accept", "2"), ("x-mine", "2"), ("x-other", "3"), ("accept", "4")] {
            client.append(name, HeaderValue::from_static(value));
        }
        let kept = for_upstream(client);
        let kept: Vec<_> = kept.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(kept, [("accept", &b"1"[..]), ("accept", b"2"), ("accept", b"4"), ("x-other", b"3")]);
    }

    #[test]
    fn a_map_of_which_all_goes_on_is_the_same_map() {
        let upstream = map(&[("content-type", "text/plain"), ("x-request-id", "7")]);
        assert_eq!(for_client(upstream.clone()), upstream);
    }

    #[test]
    fn trailers_are_asked_for_when_the_client_does() {
        assert_eq!(for_upstream(map(&[("te", "trailers, deflate")])), map(&[("te", "trailers")]));
    }
}
