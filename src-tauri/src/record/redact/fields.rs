//! Secrets known by the name of a header or of a query parameter.

use std::borrow::Cow;

use super::Redactor;
use super::edits::Edits;

/// The exemptions from [`is_secret_word`], all of them: names that only look secret.
/// `x-claude-code-session-id`, `session-id`, `thread-id` and `openai-organization` need none.
const HARMLESS_HEADERS: &[&str] = &[
    "cache-key",
    "idempotency-key",
    "sec-websocket-key",
    "surrogate-key",
    "x-cache-key",
    "x-idempotency-key",
];
const HARMLESS_PREFIXES: &[&str] = &["anthropic-ratelimit-", "x-ratelimit-", "x-stainless-"];
const HARMLESS_SUFFIXES: &[&str] = &["-count", "-limit", "-usage"];

/// Headers that hold a URL, besides all that end in `-url`, `-uri` and `-location`.
const URL_HEADERS: &[&str] = &["location", "referer", "referrer"];

/// Words that say how a credential is meant; they stay readable. All else in a secret header may
/// itself be the secret.
const SCHEMES: &[&str] =
    &["apikey", "api-key", "basic", "bearer", "digest", "dpop", "hmac", "key", "negotiate", "token"];

/// Query parameters, without hyphens and underscores, in lower case.
const SECRET_PARAMETERS: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "auth",
    "authorization",
    "authtoken",
    "clientassertion",
    "clientsecret",
    "code",
    "idtoken",
    "jwt",
    "key",
    "password",
    "refreshtoken",
    "secret",
    "sessiontoken",
    "sig",
    "signature",
    "subscriptionkey",
    "token",
    "xamzcredential",
    "xamzsecuritytoken",
    "xamzsignature",
    "xapikey",
    "xgoogapikey",
    "xgoogcredential",
    "xgoogsignature",
];

/// The value of a header, as far as its name says what is secret.
pub(super) fn header<'v>(redactor: &Redactor, name: &str, value: &'v str) -> Cow<'v, str> {
    let name = folded_name(name);
    match &*name {
        "cookie" => cookies(redactor, value),
        "set-cookie" | "set-cookie2" => first_cookie(redactor, value),
        "sec-websocket-protocol" => protocols(redactor, value),
        _ if is_secret_name(&name) => credential(redactor, value),
        _ if is_url_name(&name) => url(redactor, value),
        _ => Cow::Borrowed(value),
    }
}

/// True when a header's value, or parts of it, are secret by its name.
pub(super) fn is_secret_header(name: &str) -> bool {
    let name = folded_name(name);
    matches!(&*name, "cookie" | "set-cookie" | "set-cookie2" | "sec-websocket-protocol")
        || is_secret_name(&name)
}

/// A header's name in lower case, with hyphens: as HTTP libraries have most of them already.
fn folded_name(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    // All of them, without a way out: the compiler looks at sixteen at a time.
    let differs = name.bytes().fold(false, |found, b| found | b.is_ascii_uppercase() | (b == b'_'));
    if differs { Cow::Owned(name.to_ascii_lowercase().replace('_', "-")) } else { Cow::Borrowed(name) }
}

fn is_secret_name(lower: &str) -> bool {
    // Bytes: to search for a character costs more than looking at each of so few.
    lower.as_bytes().split(|&byte| byte == b'-').any(is_secret_word)
        && !HARMLESS_HEADERS.contains(&lower)
        && !HARMLESS_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
        && !HARMLESS_SUFFIXES.iter().any(|suffix| lower.ends_with(suffix))
}

/// A header is secret when one of these stands between the hyphens of its name.
fn is_secret_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"apikey"
            | b"auth"
            | b"authorization"
            | b"credential"
            | b"key"
            | b"passwd"
            | b"password"
            | b"secret"
            | b"token"
    )
}

fn is_url_name(lower: &str) -> bool {
    URL_HEADERS.contains(&lower) || ["-url", "-uri", "-location"].iter().any(|end| lower.ends_with(end))
}

/// A credential as it stands in `authorization`: the scheme stays, what follows goes.
pub(super) fn credential<'v>(redactor: &Redactor, value: &'v str) -> Cow<'v, str> {
    let start = value.len() - value.trim_start().len();
    let word_end = value[start..].find([' ', '\t']).map_or(value.len(), |at| start + at);
    let scheme = value[start..word_end].to_ascii_lowercase();
    let is_aws = scheme.starts_with("aws4-");
    let secret_start = if is_aws || SCHEMES.contains(&scheme.as_str()) {
        value.len() - value[word_end..].trim_start().len()
    } else {
        start
    };
    let secret = value[secret_start..].trim_end();
    let mut edits = Edits::new(value);
    if is_aws {
        aws_parameters(redactor, &mut edits, secret_start);
    } else if let Some(tag) = redactor.tag_named(fallback_kind(&scheme), secret) {
        edits.replace(secret_start..secret_start + secret.len(), &tag);
    }
    edits.finish()
}

fn fallback_kind(scheme: &str) -> &'static str {
    match scheme {
        "bearer" => "bearer",
        "basic" => "basic",
        _ => "secret",
    }
}

/// `Credential=…, SignedHeaders=…, Signature=…`: only the signed headers' names are no secret.
fn aws_parameters(redactor: &Redactor, edits: &mut Edits<'_>, start: usize) {
    let mut at = start;
    for part in edits.source()[start..].split(',') {
        let name_end = part.find('=').map_or(0, |equals| equals + 1);
        let value = part[name_end..].trim();
        let value_start = at + part.len() - part[name_end..].trim_start().len();
        let (secret, tag) = match part[..name_end].trim().to_ascii_lowercase().as_str() {
            "signedheaders=" => (value, None),
            "credential=" => (key_id(value), redactor.tag_named("aws-key", key_id(value))),
            _ => (value, redactor.tag_named("signature", value)),
        };
        if let Some(tag) = tag {
            edits.replace(value_start..value_start + secret.len(), &tag);
        }
        at += part.len() + 1;
    }
}

/// The key's id in front of the scope (date, region, service), which is no secret.
fn key_id(credential: &str) -> &str {
    let end = ["/", "%2F", "%2f"].iter().filter_map(|slash| credential.find(slash)).min();
    &credential[..end.unwrap_or(credential.len())]
}

/// `a=1; b=2`: names stay. A piece without a name is a value.
fn cookies<'v>(redactor: &Redactor, value: &'v str) -> Cow<'v, str> {
    let mut edits = Edits::new(value);
    let mut at = 0;
    for pair in value.split(';') {
        cookie(redactor, &mut edits, at, pair);
        at += pair.len() + 1;
    }
    edits.finish()
}

/// `a=1; Path=/; HttpOnly`: the attributes stay.
fn first_cookie<'v>(redactor: &Redactor, value: &'v str) -> Cow<'v, str> {
    let mut edits = Edits::new(value);
    cookie(redactor, &mut edits, 0, value.split(';').next().unwrap_or(value));
    edits.finish()
}

fn cookie(redactor: &Redactor, edits: &mut Edits<'_>, at: usize, pair: &str) {
    let value_start = pair.find('=').map_or(0, |equals| equals + 1);
    let value = pair[value_start..].trim();
    if let Some(tag) = redactor.tag_named("cookie", value) {
        let start = at + pair.len() - pair[value_start..].trim_start().len();
        edits.replace(start..start + value.len(), &tag);
    }
}

/// `realtime, openai-insecure-api-key.KEY`: browsers can set no header on a web socket, so keys
/// travel behind a name and a dot.
fn protocols<'v>(redactor: &Redactor, value: &'v str) -> Cow<'v, str> {
    let mut edits = Edits::new(value);
    let mut at = 0;
    for item in value.split(',') {
        if let Some((name, secret)) = item.split_once('.')
            && is_secret_name(&name.trim().to_ascii_lowercase())
            && let Some(tag) = redactor.tag_named("secret", secret.trim())
        {
            let start = at + name.len() + 1;
            edits.replace(start..at + item.len(), &tag);
        }
        at += item.len() + 1;
    }
    edits.finish()
}

/// A URL's password, its query, and its fragment, which sign-in redirects use like a query.
fn url<'v>(redactor: &Redactor, value: &'v str) -> Cow<'v, str> {
    let mut edits = Edits::new(value);
    let query_start = value.find(['?', '#']).unwrap_or(value.len());
    password(redactor, &mut edits, &value[..query_start]);
    let mut at = query_start;
    for part in value[query_start..].split_inclusive(['?', '#']) {
        let end = at + part.trim_end_matches(['?', '#']).len();
        if let Cow::Owned(changed) = query(redactor, &value[at..end]) {
            edits.replace(at..end, &changed);
        }
        at += part.len();
    }
    edits.finish()
}

/// `https://user:PASSWORD@host/path`
fn password(redactor: &Redactor, edits: &mut Edits<'_>, url: &str) {
    let Some(start) = url.find("://").map(|at| at + 3) else { return };
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    let Some(at_sign) = url[start..end].rfind('@').map(|at| start + at) else { return };
    let Some(colon) = url[start..at_sign].find(':').map(|at| start + at) else { return };
    if let Some(tag) = redactor.tag_named("secret", &url[colon + 1..at_sign]) {
        edits.replace(colon + 1..at_sign, &tag);
    }
}

/// A query, by the names of its parameters.
pub(super) fn query<'q>(redactor: &Redactor, query: &'q str) -> Cow<'q, str> {
    let mut edits = Edits::new(query);
    let mut at = 0;
    for pair in query.split('&') {
        if let Some((value_start, name)) = secret_parameter(pair) {
            let value = &pair[value_start..];
            let (secret, kind) = match name.as_str() {
                "xamzcredential" => (key_id(value), "aws-key"),
                "sig" | "signature" | "xamzsignature" | "xgoogsignature" => (value, "signature"),
                _ => (value, "secret"),
            };
            if let Some(tag) = redactor.tag_named(kind, &percent_decode(secret)) {
                let start = at + value_start;
                edits.replace(start..start + secret.len(), &tag);
            }
        }
        at += pair.len() + 1;
    }
    edits.finish()
}

/// Where the secret of a pair begins, and its folded name. Some servers separate pairs by `;`, so a
/// name may begin there as well; the secret always lasts until the `&`.
fn secret_parameter(pair: &str) -> Option<(usize, String)> {
    let mut start = 0;
    for piece in pair.split(';') {
        if let Some((name, _)) = piece.split_once('=')
            && is_secret_parameter(name)
        {
            return Some((start + name.len() + 1, fold(&percent_decode(name))));
        }
        start += piece.len() + 1;
    }
    None
}

/// True for a query parameter or form field that is secret by its name, percent-encoded or not.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    SECRET_PARAMETERS.contains(&fold(&percent_decode(name)).as_str())
}

/// Lower case without hyphens, underscores and spaces: `apiKey`, `api_key` and `API-Key` are one name.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
}

fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}
