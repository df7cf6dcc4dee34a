//! Where in a body the list of messages stands, as a value and as text.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::api::Api;
use super::json;

/// Google's `request` is Code Assist's; `countTokens` wraps its own way.
const WRAPPERS: [&str; 2] = ["request", "generateContentRequest"];

/// What stands in Google's wrapper, or the body itself.
pub(super) fn unwrapped(body: &Value) -> &Value {
    json::either(body, &WRAPPERS).unwrap_or(body)
}

/// The list's items; none where there is no list.
pub(super) fn items(api: Api, body: &Value) -> &[Value] {
    let body = if api == Api::Gemini { unwrapped(body) } else { body };
    json::items(body, key(api))
}

/// Empties the list.
pub(super) fn take_items(api: Api, body: &mut Value) -> Vec<Value> {
    let is_there = |key: &&&str| body.get(**key).is_some_and(|found| !found.is_null());
    let wrapper = WRAPPERS.iter().find(is_there).filter(|_| api == Api::Gemini);
    let body = match wrapper {
        Some(wrapper) => body.get_mut(*wrapper),
        None => Some(body),
    };
    let list = body.and_then(|body| body.get_mut(key(api))).and_then(Value::as_array_mut);
    list.map(std::mem::take).unwrap_or_default()
}

fn key(api: Api) -> &'static str {
    match api {
        Api::Messages | Api::ChatCompletions => "messages",
        Api::Responses => "input",
        Api::Gemini => "contents",
    }
}

/// Where a list stands in the text of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The byte after the list's `[`,
    pub(super) start: usize,
    /// and its `]`.
    pub(super) end: usize,
    /// Containers around an item.
    pub(super) depth: usize,
    /// Where each item begins.
    pub(super) items: Vec<usize>,
}

/// Finds the list in a text that is JSON. `None` when there is none, and when a key that matters stands
/// there twice.
pub(super) fn places(api: Api, text: &str) -> Option<Places> {
    let (list, depth) = raw_list(api, text)?;
    let start = offset(text, list)?;
    Some(Places {
        start: start + 1,
        end: (start + list.len()).checked_sub(1)?,
        depth,
        items: item_places(list)?.into_iter().map(|item| start + item).collect(),
    })
}

/// Where in the text of a list each of its items begins.
pub(super) fn item_places(list: &str) -> Option<Vec<usize>> {
    let items: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    items.iter().map(|item| offset(list, item.get())).collect()
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    contents: Option<&'a RawValue>,
    #[serde(borrow, default)]
    request: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "generateContentRequest")]
    generate_content_request: Option<&'a RawValue>,
}

fn raw_list(api: Api, text: &str) -> Option<(&str, usize)> {
    let body = fields(text)?;
    let (list, depth) = match api {
        Api::Messages | Api::ChatCompletions => (body.messages, 2),
        Api::Responses => (body.input, 2),
        Api::Gemini => match body.request.or(body.generate_content_request) {
            Some(wrapped) => (fields(wrapped.get())?.contents, 3),
            None => (body.contents, 2),
        },
    };
    let list = list?.get();
    list.starts_with('[').then_some((list, depth))
}

/// Serde would take an array for a struct, too.
fn fields(text: &str) -> Option<Fields<'_>> {
    text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
}

/// Where `part` stands in the text that it is borrowed from.
fn offset(text: &str, part: &str) -> Option<usize> {
    part.as_ptr().addr().checked_sub(text.as_ptr().addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(api: Api, text: &str) -> Option<(&str, Vec<&str>, usize)> {
        let places = places(api, text)?;
        let items = places.items.iter().map(|item| &text[*item..places.end]).collect();
        Some((&text[places.start..places.end], items, places.depth))
    }

    #[test]
    fn each_apis_list_is_found_where_its_reader_looks() {
        let text = r#"{"system":"[","messages" : [ 1, {"a":[2]} ],"input":[3],"contents":[]}"#;
        let messages = (r#" 1, {"a":[2]} "#, vec![r#"1, {"a":[2]} "#, r#"{"a":[2]} "#], 2);
        assert_eq!(found(Api::Messages, text), Some(messages.clone()));
        assert_eq!(found(Api::ChatCompletions, text), Some(messages));
        assert_eq!(found(Api::Responses, text), Some(("3", vec!["3"], 2)));
        assert_eq!(found(Api::Gemini, text), Some(("", vec![], 2)));
        let wrapped = r#"{"request":{"contents":[4]},"contents":[5]}"#;
        assert_eq!(found(Api::Gemini, wrapped), Some(("4", vec!["4"], 3)));
        let nothing = r#"{"request":null,"generateContentRequest":{"contents":[6]}}"#;
        assert_eq!(found(Api::Gemini, nothing), Some(("6", vec!["6"], 3)));
    }

    #[test]
    fn what_is_no_list_or_stands_there_twice_is_not_found() {
        for text in [
            "",
            "{}",
            "[[1]]",
            "{\"messages\":[1]",
            r#"{"messages":"x"}"#,
            r#"{"messages":null}"#,
            r#"{"messages":{"0":1}}"#,
            r#"{"messages":[1],"messages":[2]}"#,
            r#"{"messages":[1],"mess\u0061ges":[2]}"#,
        ] {
            assert_eq!(places(Api::Messages, text), None, "{text}");
        }
    }

    #[test]
    fn the_value_and_the_text_have_the_same_items() {
        let text = r#"{"request":{"contents":[1,2],"x":3}}"#;
        let mut body: Value = serde_json::from_str(text).unwrap();
        assert_eq!(items(Api::Gemini, &body), [1, 2]);
        assert_eq!(take_items(Api::Gemini, &mut body), [1, 2]);
        assert_eq!(body, serde_json::json!({"request": {"contents": [], "x": 3}}));
        assert_eq!(take_items(Api::Messages, &mut body), [] as [Value; 0]);
    }
}
