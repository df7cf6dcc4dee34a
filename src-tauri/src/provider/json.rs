//! Reading JSON that strangers wrote: forgiving, bounded, without a panic.

use std::borrow::Cow;

use serde_json::Value;

/// Containers nested deeper than this are read as `null`: a parser that recurses stays within its stack.
const MAX_DEPTH: usize = 100;

/// Strings longer than this are replaced by their size where JSON is only passed on for display.
const MAX_SHOWN_BYTES: usize = 16 * 1024;

/// Reads a text as JSON. What clients really send and strict parsers refuse is mended: escapes of
/// lone surrogates (a text cut in the middle of an emoji), numbers beyond `f64`, absurd nesting.
/// Of equal keys in one object the last counts.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&mended(text)).ok())
}

/// A string under `key`, if `value` is an object that has one.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// An owned, non-empty string under `key`.
pub(super) fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).filter(|found| !found.is_empty()).map(str::to_owned)
}

/// The elements under `key`; none when there is no array.
pub(super) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first of several spellings of a field that is there and not `null`.
pub(super) fn either<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().filter_map(|key| value.get(*key)).find(|found| !found.is_null())
}

/// A tool's arguments, which several APIs send as a string of JSON: the JSON, or the string itself
/// when it is none (free-form tools, streams cut in the middle).
pub(super) fn arguments(text: &str) -> Value {
    if text.is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    parse(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// A copy for display in which long strings (documents and audio in base64) are named by their size.
pub(super) fn for_display(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > MAX_SHOWN_BYTES => {
            Value::String(format!("({} bytes)", text.len()))
        }
        Value::Array(items) => items.iter().map(for_display).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), for_display(field))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// How many bytes a base64 text stands for.
pub(super) fn base64_bytes(text: &str) -> u64 {
    let digits = text.trim_end_matches('=').len() as u64;
    digits / 4 * 3 + (digits % 4 * 3) / 4
}

/// `text` with its lone surrogates, huge numbers and deep containers replaced.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(token_len(rest, first));
        if matches!(first, '[' | '{') {
            depth += 1;
        }
        if depth <= MAX_DEPTH {
            out.push_str(&mended_token(token));
        }
        if matches!(first, ']' | '}') {
            if depth == MAX_DEPTH + 1 {
                out.push_str("null");
            }
            depth = depth.saturating_sub(1);
        }
        rest = after;
    }
    out
}

/// Length in bytes of the string, number or single character that `text` begins with.
fn token_len(text: &str, first: char) -> usize {
    match first {
        '"' => string_len(text.as_bytes()),
        '-' | '0'..='9' => text
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .unwrap_or(text.len()),
        _ => first.len_utf8(),
    }
}

/// Length of a JSON string with its quotes, or of all that is left when it does not end.
fn string_len(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii) => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn mended_token(token: &str) -> Cow<'_, str> {
    match token.as_bytes().first() {
        Some(b'"') if token.contains("\\u") => Cow::Owned(without_lone_surrogates(token)),
        Some(b'-' | b'0'..=b'9') if token.parse::<f64>().is_ok_and(f64::is_infinite) => "null".into(),
        Some(_) | None => Cow::Borrowed(token),
    }
}

/// Writes `\ufffd` for each escape of half a surrogate pair.
fn without_lone_surrogates(string: &str) -> String {
    let mut out = String::with_capacity(string.len());
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (text, len) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&escape[..12], 12),
            (Some(_), _) => ("\\ufffd", 6),
            (None, _) => {
                let len = escape.char_indices().nth(2).map_or(escape.len(), |(at, _)| at);
                (&escape[..len], len)
            }
        };
        out.push_str(text);
        rest = &escape[len..];
    }
    out.push_str(rest);
    out
}

/// The code unit, if `text` begins with the escape of a surrogate.
fn surrogate(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    (0xd800..=0xdfff).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_strict_parsers_refuse_is_mended_and_the_rest_kept() {
        let cases = [
            (r#"{"a":"x\ud83d","b":1}"#, json!({"a": "x\u{fffd}", "b": 1})),
            (r#"{"a":"\ude00\ud83d\ude00\\ud83d"}"#, json!({"a": "\u{fffd}😀\\ud83d"})),
            (r#"{"a":1e400,"b":[-1E999,2],"c":"1e400"}"#, json!({"a": null, "b": [null, 2], "c": "1e400"})),
            (r#"{"a":"q\"\ud800\" 1e400","b":"é"}"#, json!({"a": "q\"\u{fffd}\" 1e400", "b": "é"})),
            (r#"{"a":1,"a":2}"#, json!({"a": 2})),
            ("\u{feff}{}", json!({})),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn deep_nesting_becomes_null_and_hides_nothing_beside_it() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let deep = format!("{}{inner}{}", open.repeat(10_000), close.repeat(10_000));
            let value = parse(&format!("{{\"deep\":{deep},\"model\":\"m\"}}")).unwrap();
            assert_eq!(value["model"], "m");
        }
    }

    #[test]
    fn what_is_no_json_stays_unread() {
        for text in ["", "{", "\"", "\"\\", "\"\\u", "\\ud83d", "[1,", "{\"a\":\"\\ud83d", "\"\\é", "nul"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
        assert_eq!(parse(&"]".repeat(100_000)), None);
    }

    #[test]
    fn base64_sizes_are_exact() {
        for (text, bytes) in [("", 0), ("QQ==", 1), ("QUI=", 2), ("QUJD", 3), ("QUI", 2), ("QQ", 1)] {
            assert_eq!(base64_bytes(text), bytes, "{text}");
        }
    }

    #[test]
    fn arguments_fall_back_to_their_text() {
        assert_eq!(arguments(""), json!({}));
        assert_eq!(arguments("{\"a\":[1]}"), json!({"a": [1]}));
        assert_eq!(arguments("*** Begin Patch"), json!("*** Begin Patch"));
    }
}
