//! Takes secrets out of what is kept: by the name of the place they stand in (`fields` for headers
//! and queries, `json` for bodies) and by their shape (`values`) wherever they turn up.
//!
//! A secret becomes `[redacted:{kind}:{4 hex}]`. The four digits are a keyed hash, so that a reader
//! can tell whether two requests used the same key, and nobody can tell which. Everything else stays
//! byte for byte, and redacting twice is the same as redacting once.
//!
//! Known limit: a key that is spelled piece by piece over several stream events has no shape in any
//! of them; it is only found in the assembled text.

mod edits;
mod fields;
mod form;
mod json;
mod pem;
mod shapes;
#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Replaces secrets by tags. Cheap to clone.
#[derive(Clone)]
pub struct Redactor {
    inner: Arc<Inner>,
}

struct Inner {
    mac: Hmac<Sha256>,
    bodies: bool,
}

/// The block of SHA-256, in bytes. HMAC pads a shorter key with zeros up to it.
const HMAC_BLOCK_BYTES: usize = 64;

impl Redactor {
    /// `key` is the install's own: tags can be compared within one install, not across.
    /// `bodies == false` keeps bodies raw; headers and queries are redacted all the same.
    pub fn new(key: [u8; 32], bodies: bool) -> Self {
        let mut block = [0; HMAC_BLOCK_BYTES];
        block[..key.len()].copy_from_slice(&key);
        let mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        Self { inner: Arc::new(Inner { mac, bodies }) }
    }

    /// Makes ready what the first exchange would have to wait for. Takes a hundredth of a second.
    pub fn prepare() {
        values::prepare();
    }

    /// The value of a request or response header, or of a trailer. `name` in any case.
    pub fn header<'v>(&self, name: &str, value: &'v str) -> Cow<'v, str> {
        then(self.text(value), |value| fields::header(self, name, value))
    }

    /// Fields of a head, each as [`Redactor::header`] would have it: their names, and where in `values` their values
    /// stand, in that order and apart from each other. One scan over all of them finds those that may hold a
    /// secret of a known shape: most do not, and a scan for each costs more than all else that is done here.
    pub fn headers<'t>(
        &self,
        values: &'t str,
        fields: impl Iterator<Item = (&'t str, Range<usize>)>,
    ) -> impl Iterator<Item = (&'t str, Cow<'t, str>)> {
        let mut openings = values::Openings::of(values);
        fields.map(move |(name, place)| {
            let value = &values[place.clone()];
            let redacted = match openings.any_before(place.end) {
                true => self.header(name, value),
                false => fields::header(self, name, value),
            };
            (name, redacted)
        })
    }

    /// A raw query string without its `?`.
    pub fn query<'q>(&self, query: &'q str) -> Cow<'q, str> {
        // Shapes first, here and below: what they leave is what the names see again on a second run,
        // so redacting twice is redacting once.
        then(self.text(query), |query| fields::query(self, query))
    }

    /// Any text: secrets that are known by their shape.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        values::redact(self, text)
    }

    /// JSON, several documents of it, an event stream of it, or the beginning of one: secrets known
    /// by their shape or by their key, also in JSON inside strings.
    pub fn json<'b>(&self, body: &'b str) -> Cow<'b, str> {
        then(self.text(body), |body| json::redact(self, body))
    }

    /// A decoded body, by its media type; a body without one is read as JSON, which harms no text.
    pub fn body<'b>(&self, content_type: Option<&str>, body: &'b str) -> Cow<'b, str> {
        if !self.inner.bodies {
            return Cow::Borrowed(body);
        }
        let media_type = content_type.unwrap_or_default().to_ascii_lowercase();
        if media_type.starts_with("application/x-www-form-urlencoded") {
            self.query(body)
        } else if media_type.starts_with("multipart/") {
            // Uploaded batches are JSON lines, so the parts are read as JSON too.
            then(self.json(body), |body| form::redact_multipart(self, body))
        } else if is_plain_text(&media_type) && !body.trim_start().starts_with(['{', '[']) {
            self.text(body)
        } else {
            self.json(body)
        }
    }

    /// The lines of an event stream, each by itself, as [`Redactor::body`] would have them. `lines` joined are
    /// `text`. One scan over all of it finds the lines that may hold a secret of a known shape: there are some
    /// hundred thousand in a long stream, and hardly ever such a one.
    pub fn lines<'t>(
        &self,
        text: &'t str,
        lines: impl Iterator<Item = &'t str>,
    ) -> impl Iterator<Item = Cow<'t, str>> {
        let mut openings = self.inner.bodies.then(|| values::Openings::of(text));
        let mut end = 0;
        lines.map(move |line| {
            end += line.len();
            match openings.as_mut().map(|openings| openings.any_before(end)) {
                None => Cow::Borrowed(line),
                Some(true) => self.json(line),
                Some(false) => json::redact(self, line),
            }
        })
    }

    /// The tag of a secret whose kind is known.
    fn tag(&self, kind: &str, secret: &str) -> String {
        let mut mac = self.inner.mac.clone();
        mac.update(secret.as_bytes());
        let sum = mac.finalize().into_bytes();
        format!("[redacted:{kind}:{:02x}{:02x}]", sum[0], sum[1])
    }

    /// The tag of a secret known by its place: its shape names the kind, else `fallback` does.
    /// `None` when there is nothing to hide.
    fn tag_named(&self, fallback: &str, secret: &str) -> Option<String> {
        let harmless = matches!(secret, "" | "true" | "false" | "null") || is_tag(secret);
        (!harmless).then(|| self.tag(values::kind_of(secret).unwrap_or(fallback), secret))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("bodies", &self.inner.bodies).finish_non_exhaustive()
    }
}

fn is_plain_text(media_type: &str) -> bool {
    media_type.starts_with("text/") && !media_type.starts_with("text/event-stream")
}

/// True for exactly one tag and nothing else.
fn is_tag(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("[redacted:").and_then(|rest| rest.strip_suffix(']')) else {
        return false;
    };
    let Some((kind, digits)) = inner.split_once(':') else { return false };
    !kind.is_empty()
        && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && digits.len() == 4
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Applies `next` to what a first step left, and stays borrowed when neither changed anything.
fn then<'t>(text: Cow<'t, str>, next: impl for<'a> Fn(&'a str) -> Cow<'a, str>) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => next(text),
        Cow::Owned(text) => {
            let changed = match next(&text) {
                Cow::Owned(changed) => Some(changed),
                Cow::Borrowed(_) => None,
            };
            Cow::Owned(changed.unwrap_or(text))
        }
    }
}
