//! Where in a body the list of messages stands, as a value and as text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
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
    /// The body's own fields behind the list: each with the place where what is before it ends. None where the
    /// list is not the body's own.
    pub(super) fields: Vec<(usize, String)>,
}

/// Finds the list in a text that is JSON. `None` when there is none, and when a key that matters stands
/// there twice.
pub(super) fn places(api: Api, text: &str) -> Option<Places> {
    let body = fields(text)?;
    let wrapped = match api {
        Api::Gemini => {
            let [request, other] = WRAPPERS.map(|key| only(&body, key));
            request?.or(other?)
        }
        Api::Messages | Api::ChatCompletions | Api::Responses => None,
    };
    let (list, depth) = match wrapped {
        Some(wrapped) => (only(&fields(wrapped)?, key(api))??, 3),
        None => (only(&body, key(api))??, 2),
    };
    let start = offset(text, list).filter(|_| list.starts_with('['))?;
    let end = |value: &str| offset(text, value).map(|at| at + value.len());
    let behind = body.windows(2).skip_while(|pair| depth > 2 || pair[0].1.as_ptr() != list.as_ptr());
    Some(Places {
        start: start + 1,
        end: end(list)? - 1,
        depth,
        items: item_places(list)?.into_iter().map(|item| start + item).collect(),
        fields: behind.map(|pair| Some((end(pair[0].1)?, pair[1].0.clone()))).collect::<Option<_>>()?,
    })
}

/// Where in the text of a list each of its items begins.
pub(super) fn item_places(list: &str) -> Option<Vec<usize>> {
    let items: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    items.iter().map(|item| offset(list, item.get())).collect()
}

/// The value under a key, as text; `Some(None)` when it is missing or `null`, `None` when it stands there twice.
fn only<'a>(fields: &[(String, &'a str)], key: &str) -> Option<Option<&'a str>> {
    let mut values = fields.iter().filter(|(other, _)| other == key).map(|(_, value)| *value);
    let value = values.next().filter(|value| *value != "null");
    values.next().is_none().then_some(value)
}

/// An object's fields in their order, their values as text.
fn fields(text: &str) -> Option<Vec<(String, &str)>> {
    let fields: Fields<'_> = serde_json::from_str(text).ok()?;
    Some(fields.0)
}

struct Fields<'a>(Vec<(String, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = object.next_entry::<String, &RawValue>()? {
                    fields.push((key, value.get()));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
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
    fn the_fields_behind_the_list_are_told() {
        let text = r#"{"model":"m","messages":[1] , "system":"s","tools":[]}"#;
        let fields = places(Api::Messages, text).unwrap().fields;
        let behind: Vec<(&str, &str)> =
            fields.iter().map(|(place, key)| (&text[*place..], key.as_str())).collect();
        let expected = [(r#" , "system":"s","tools":[]}"#, "system"), (r#","tools":[]}"#, "tools")];
        assert_eq!(behind, expected);
        let wrapped = r#"{"request":{"contents":[4],"a":1},"b":[5]}"#;
        assert_eq!(places(Api::Gemini, wrapped).unwrap().fields, []);
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
