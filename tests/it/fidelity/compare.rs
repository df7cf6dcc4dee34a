//! What must be equal on both sides, and the list of what need not be.

use std::collections::BTreeMap;

use crate::support::raw::{Body, Field, Head, Request, Response};

use super::exchange::{Exchange, Framed, Payload, Way};

/// Fields that concern one connection and not the exchange, each with the reason. They are not
/// compared; those that the proxy does not write itself must be gone on the other side.
const EXCEPTED_FIELDS: [(&str, &str); 9] = [
    ("host", "the client's names the proxy; the upstream gets its own (RFC 9110 7.2)"),
    ("connection", "hop-by-hop (RFC 9110 7.6.1), and so is every field that it names"),
    ("keep-alive", "hop-by-hop (RFC 9110 7.6.1)"),
    ("proxy-connection", "hop-by-hop (RFC 9110 7.6.1)"),
    ("te", "hop-by-hop (RFC 9110 7.6.1); `trailers` is passed on because trailers are"),
    ("transfer-encoding", "hop-by-hop (RFC 9112 6.1): each side frames for itself"),
    ("upgrade", "hop-by-hop (RFC 9110 7.6.1)"),
    ("trailer", "announces trailers of one hop's framing; the trailers themselves are compared"),
    ("proxy-authorization", "meant for the next proxy, which is this one (RFC 9110 11.7.2)"),
];

/// Of those, the ones that a request sent on must not hold.
const GONE: [&str; 4] = ["keep-alive", "proxy-connection", "proxy-authorization", "x-hop"];

/// What else may differ, each with the reason. Everything else must be equal to the byte.
const OTHER_EXCEPTIONS: [(&str, &str); 8] = [
    ("target prefix", "`/{provider}/{upstream}` addresses the proxy; what follows is the upstream's"),
    ("order of different names", "carries no meaning (RFC 9110 5.3); the order within a name is compared"),
    ("chunk sizes and extensions", "belong to one hop (RFC 9112 7.1.1); the bytes are compared"),
    ("close-delimited bodies", "may be sent on in chunks, so that the client's connection lives on"),
    ("content-length: 0", "may be said of a body that is none and of which nothing was said"),
    ("content-length of a 304", "optional there (RFC 9110 8.6); hyper's server leaves it out"),
    ("reason phrase beyond ASCII", "obsolete (RFC 9112 4), and may arrive empty: hyper's parser drops it"),
    ("spelling of names in trailers and interim responses", "names have no case (RFC 9110 5.1)"),
];

/// All differences of an exchange, in words; empty when both sides saw the same.
pub(super) fn differences(plan: &Exchange, way: Way, seen: &Request, got: &Response) -> Vec<String> {
    let mut found = Vec::new();
    let (Way::Direct { upstream } | Way::Proxied { upstream, .. }) = way;
    differ(&mut found, "method", &text(&plan.method), &text(seen.head.method()));
    differ(&mut found, "target", &text(&plan.target), &text(seen.head.target()));
    differ(&mut found, "host", &upstream.to_string(), &text(&seen.head.values("host").concat()));
    let mut sent = plan.request_fields.clone();
    sent.push((b"x-exchange".to_vec(), plan.id.to_string().into_bytes()));
    side(&mut found, "request", &sent, &plan.request, &seen.head, &seen.body);
    differ(&mut found, "status", &plan.status, &got.head.status().unwrap_or(0));
    reason(&mut found, way, &plan.reason, got.head.reason());
    side(&mut found, "response", &plan.response_fields, &plan.response, &got.head, &got.body);
    interim(&mut found, plan, got);
    let takes_trailers = plan.request_fields.iter().any(|(name, _)| name == b"TE");
    if takes_trailers && seen.head.values("te") != [b"trailers"] {
        found.push("request: the client takes trailers (TE), and the upstream is not told".to_owned());
    }
    if matches!(way, Way::Proxied { .. }) {
        gone(&mut found, "request", &plan.request_fields, &seen.head);
        gone(&mut found, "response", &plan.response_fields, &got.head);
    }
    found
}

/// One message: its fields, its body, its trailers.
fn side(found: &mut Vec<String>, what: &str, sent: &[Field], payload: &Payload, head: &Head, body: &Body) {
    let mut expected = grouped(sent);
    let mut arrived = grouped(&head.fields);
    let length = arrived.remove("content-length".as_bytes());
    let length =
        length.map(|fields| fields.iter().map(|(_, value)| value.escape_ascii().to_string()).collect());
    content_length(found, what, payload, head, length);
    expected.retain(|name, fields| arrived.remove(name).as_ref() != Some(fields));
    for (name, fields) in expected {
        let arrived = grouped(&head.fields).remove(&name);
        found.push(format!(
            "{what} field: sent {}, arrived {}",
            shown(&fields),
            arrived.map_or("nothing".into(), |fields| shown(&fields))
        ));
    }
    for fields in
        arrived.into_values().filter(|fields| !sent.iter().any(|field| same_name(field, &fields[0])))
    {
        found.push(format!("{what} field that nobody sent: {}", shown(&fields)));
    }
    if let Some(broken) = &body.broken {
        found.push(format!("{what} body: broken: {broken:?} after {} bytes", body.bytes.len()));
    }
    if body.bytes != payload.bytes {
        let at = body.bytes.iter().zip(&payload.bytes).take_while(|(got, sent)| got == sent).count();
        found.push(format!(
            "{what} body: {} bytes sent, {} arrived, equal up to {at}",
            payload.bytes.len(),
            body.bytes.len()
        ));
    }
    let (sent, arrived) = (lower_case(&payload.trailers), lower_case(&body.trailers));
    differ(found, &format!("{what} trailers"), &all_shown(&sent), &all_shown(&arrived));
}

fn reason(found: &mut Vec<String>, way: Way, sent: &[u8], arrived: &[u8]) {
    let excepted = matches!(way, Way::Proxied { .. }) && !sent.is_ascii() && arrived.is_empty();
    if !excepted {
        differ(found, "reason", &text(sent), &text(arrived));
    }
}

fn content_length(
    found: &mut Vec<String>,
    what: &str,
    payload: &Payload,
    head: &Head,
    arrived: Option<Vec<String>>,
) {
    let expected = match payload.framed {
        Framed::LengthOnly(length) => Some(length),
        Framed::Length => Some(payload.bytes.len()),
        Framed::No | Framed::Chunked | Framed::UntilClose => None,
    };
    let says_none = payload.framed == Framed::No && arrived.as_deref() == Some(&["0".to_owned()]);
    let of_304 = head.status() == Some(304) && arrived.is_none();
    let excepted = says_none || of_304;
    if !excepted {
        differ(
            found,
            &format!("{what} content-length"),
            &expected.map(|length| vec![length.to_string()]),
            &arrived,
        );
    }
}

/// Interim responses: the 103 and its fields, and no other.
fn interim(found: &mut Vec<String>, plan: &Exchange, got: &Response) {
    let planned: Vec<_> =
        plan.hints.iter().map(|fields| (Some(103), all_shown(&lower_case(fields)))).collect();
    let arrived: Vec<_> =
        got.interim.iter().map(|head| (head.status(), all_shown(&lower_case(&head.fields)))).collect();
    differ(found, "interim responses", &planned, &arrived);
}

fn gone(found: &mut Vec<String>, what: &str, sent: &[Field], head: &Head) {
    let names_x_hop = sent.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"connection"));
    for name in GONE.iter().filter(|name| !head.values(name).is_empty()) {
        if *name != "x-hop" || names_x_hop {
            found.push(format!("{what}: {name} belongs to one hop and was sent on"));
        }
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(found: &mut Vec<String>, what: &str, sent: &T, arrived: &T) {
    if sent != arrived {
        found.push(format!("{what}: sent {sent:?}, arrived {arrived:?}"));
    }
}

/// End-to-end fields by lower-cased name; within a name in order and spelling of the wire.
fn grouped(fields: &[Field]) -> BTreeMap<Vec<u8>, Vec<Field>> {
    let mut groups: BTreeMap<Vec<u8>, Vec<Field>> = BTreeMap::new();
    for field in fields {
        let name = field.0.to_ascii_lowercase();
        let excepted = EXCEPTED_FIELDS.iter().any(|(excepted, _)| excepted.as_bytes() == name);
        if !excepted && name != b"x-hop" {
            groups.entry(name).or_default().push(field.clone());
        }
    }
    groups
}

fn same_name(one: &Field, other: &Field) -> bool {
    one.0.eq_ignore_ascii_case(&other.0)
}

fn lower_case(fields: &[Field]) -> Vec<Field> {
    fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

fn shown(fields: &[Field]) -> String {
    let one = |(name, value): &Field| format!("{}: {}", name.escape_ascii(), value.escape_ascii());
    fields.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn all_shown(fields: &[Field]) -> Vec<String> {
    grouped(fields).into_values().map(|fields| shown(&fields)).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// The exceptions, for the head of a failure.
pub(super) fn exceptions() -> String {
    let all = EXCEPTED_FIELDS.iter().chain(&OTHER_EXCEPTIONS);
    all.map(|(name, reason)| format!("  {name}: {reason}\n")).collect()
}
