//! How two APIs spell what is said: Anthropic's messages, and OpenAI's chat completions.

use crate::random::Random;
use crate::text::push_json;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Messages,
    Chat,
}

/// What a model says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) thinking: Option<String>,
    pub(crate) text: String,
    pub(crate) call: Option<Call>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) tool: &'static str,
    /// A JSON object.
    pub(crate) input: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) output: u64,
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 16);
    push_json(&mut json, text);
    json
}

/// Everything of a request's body before its messages.
pub(crate) fn head(dialect: Dialect, model: &str, system: &str) -> String {
    let system = quoted(system);
    match dialect {
        Dialect::Messages => format!(
            r#"{{"model":"{model}","max_tokens":32000,"stream":true,"system":[{{"type":"text","text":{system},"cache_control":{{"type":"ephemeral"}}}}],"tools":[{{"name":"Read","input_schema":{{"type":"object"}}}},{{"name":"Bash","input_schema":{{"type":"object"}}}}],"messages":["#
        ),
        Dialect::Chat => format!(
            r#"{{"model":"{model}","stream":true,"stream_options":{{"include_usage":true}},"messages":[{{"role":"system","content":{system}}},"#
        ),
    }
}

/// A user's message, with a picture if there is one.
pub(crate) fn user(dialect: Dialect, text: &str, picture: Option<&str>) -> String {
    let text = quoted(text);
    match (dialect, picture) {
        (_, None) => format!(r#"{{"role":"user","content":{text}}}"#),
        (Dialect::Messages, Some(data)) => format!(
            r#"{{"role":"user","content":[{{"type":"text","text":{text}}},{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{data}"}}}}]}}"#
        ),
        (Dialect::Chat, Some(data)) => format!(
            r#"{{"role":"user","content":[{{"type":"text","text":{text}}},{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{data}"}}}}]}}"#
        ),
    }
}

/// What a tool answered.
pub(crate) fn result(dialect: Dialect, call: &Call, text: &str, is_error: bool) -> String {
    let (id, text) = (&call.id, quoted(text));
    match dialect {
        Dialect::Messages => format!(
            r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"{id}","content":{text},"is_error":{is_error}}}]}}"#
        ),
        Dialect::Chat => format!(r#"{{"role":"tool","tool_call_id":"{id}","content":{text}}}"#),
    }
}

/// What the model said, as the next request repeats it.
pub(crate) fn repeated(dialect: Dialect, said: &Said) -> String {
    let text = quoted(&said.text);
    match dialect {
        Dialect::Messages => {
            let mut blocks = Vec::new();
            if let Some(thinking) = &said.thinking {
                blocks.push(format!(
                    r#"{{"type":"thinking","thinking":{},"signature":"c2ln"}}"#,
                    quoted(thinking)
                ));
            }
            blocks.push(format!(r#"{{"type":"text","text":{text}}}"#));
            if let Some(Call { id, tool, input }) = &said.call {
                blocks.push(format!(r#"{{"type":"tool_use","id":"{id}","name":"{tool}","input":{input}}}"#));
            }
            format!(r#"{{"role":"assistant","content":[{}]}}"#, blocks.join(","))
        }
        Dialect::Chat => match &said.call {
            None => format!(r#"{{"role":"assistant","content":{text}}}"#),
            Some(Call { id, tool, input }) => format!(
                r#"{{"role":"assistant","content":{text},"tool_calls":[{{"id":"{id}","type":"function","function":{{"name":"{tool}","arguments":{}}}}}]}}"#,
                quoted(input)
            ),
        },
    }
}

/// The answer's events, each with its lines; words are cut wherever a piece happens to end.
pub(crate) fn events(
    dialect: Dialect,
    random: &mut Random,
    id: &str,
    model: &str,
    said: &Said,
    usage: Usage,
) -> Vec<Vec<String>> {
    match dialect {
        Dialect::Messages => messages_events(random, id, model, said, usage),
        Dialect::Chat => chat_events(random, id, model, said, usage),
    }
}

fn messages_events(
    random: &mut Random,
    id: &str,
    model: &str,
    said: &Said,
    usage: Usage,
) -> Vec<Vec<String>> {
    let Usage { input, cached, output } = usage;
    let event = |name: &str, rest: String| {
        vec![format!("event: {name}\n"), format!("data: {{\"type\":\"{name}\",{rest}}}\n"), "\n".to_owned()]
    };
    let mut events = vec![event(
        "message_start",
        format!(
            r#""message":{{"id":"{id}","type":"message","role":"assistant","model":"{model}","content":[],"usage":{{"input_tokens":{input},"cache_read_input_tokens":{cached},"cache_creation_input_tokens":{},"output_tokens":1}}}}"#,
            input / 2
        ),
    )];
    let thinking = said
        .thinking
        .as_ref()
        .map(|text| (r#"{"type":"thinking","thinking":""}"#.to_owned(), "thinking_delta", "thinking", text));
    let text = (r#"{"type":"text","text":""}"#.to_owned(), "text_delta", "text", &said.text);
    let call = said.call.as_ref().map(|call| {
        let begin =
            format!(r#"{{"type":"tool_use","id":"{}","name":"{}","input":{{}}}}"#, call.id, call.tool);
        (begin, "input_json_delta", "partial_json", &call.input)
    });
    for (index, (begin, delta, key, text)) in thinking.into_iter().chain([text]).chain(call).enumerate() {
        events.push(event("content_block_start", format!(r#""index":{index},"content_block":{begin}"#)));
        for piece in pieces(random, text) {
            let piece = quoted(piece);
            events.push(event(
                "content_block_delta",
                format!(r#""index":{index},"delta":{{"type":"{delta}","{key}":{piece}}}"#),
            ));
        }
        events.push(event("content_block_stop", format!(r#""index":{index}"#)));
    }
    let stop = if said.call.is_some() { "tool_use" } else { "end_turn" };
    let last = format!(
        r#""delta":{{"stop_reason":"{stop}","stop_sequence":null}},"usage":{{"output_tokens":{output}}}"#
    );
    events.push(event("message_delta", last));
    events.push(vec![
        "event: message_stop\n".to_owned(),
        "data: {\"type\":\"message_stop\"}\n".to_owned(),
        "\n".to_owned(),
    ]);
    events
}

fn chat_events(random: &mut Random, id: &str, model: &str, said: &Said, usage: Usage) -> Vec<Vec<String>> {
    let event = |choices: String, usage: String| {
        let data = format!(
            r#"{{"id":"{id}","object":"chat.completion.chunk","model":"{model}","choices":[{choices}]{usage}}}"#
        );
        vec![format!("data: {data}\n"), "\n".to_owned()]
    };
    let choice = |delta: String| format!(r#"{{"index":0,"delta":{{{delta}}},"finish_reason":null}}"#);
    let mut events = vec![event(choice(r#""role":"assistant","content":"""#.to_owned()), String::new())];
    for piece in pieces(random, &said.text) {
        events.push(event(choice(format!(r#""content":{}"#, quoted(piece))), String::new()));
    }
    if let Some(Call { id, tool, input }) = &said.call {
        let begin = format!(
            r#""tool_calls":[{{"index":0,"id":"{id}","type":"function","function":{{"name":"{tool}","arguments":""}}}}]"#
        );
        events.push(event(choice(begin), String::new()));
        for piece in pieces(random, input) {
            let more =
                format!(r#""tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}]"#, quoted(piece));
            events.push(event(choice(more), String::new()));
        }
    }
    let stop = if said.call.is_some() { "tool_calls" } else { "stop" };
    events.push(event(format!(r#"{{"index":0,"delta":{{}},"finish_reason":"{stop}"}}"#), String::new()));
    let Usage { input, cached, output } = usage;
    let prompt = input + cached;
    events.push(event(
        String::new(),
        format!(r#","usage":{{"prompt_tokens":{prompt},"completion_tokens":{output},"prompt_tokens_details":{{"cached_tokens":{cached}}}}}"#),
    ));
    events.push(vec!["data: [DONE]\n".to_owned(), "\n".to_owned()]);
    events
}

/// Cuts a text as a model's tokens come in: some words at a time, and never where a word ends.
pub(crate) fn pieces<'a>(random: &mut Random, text: &'a str) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = (random.between(12, 60) as usize).min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// An error's body.
pub(crate) fn overloaded(dialect: Dialect) -> String {
    match dialect {
        Dialect::Messages => {
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#.to_owned()
        }
        Dialect::Chat => {
            r#"{"error":{"type":"requests","code":"rate_limit_exceeded","message":"Rate limit reached"}}"#
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text_again() {
        let mut random = Random::of(1, 1);
        let text = "größer and smaller words, ".repeat(40);
        let pieces = pieces(&mut random, &text);
        assert!(pieces.len() > 10);
        assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn every_message_is_json() {
        let call = Call { id: "c1".into(), tool: "Read", input: r#"{"path":"a\"b"}"#.into() };
        for dialect in [Dialect::Messages, Dialect::Chat] {
            let said = Said {
                thinking: Some("hm \"x\"".into()),
                text: "a\nb".into(),
                call: Some(Call { id: "c1".into(), tool: "Read", input: call.input.clone() }),
            };
            for message in [
                user(dialect, "q\"", None),
                user(dialect, "q", Some("AAAA")),
                result(dialect, &call, "r\n", true),
                repeated(dialect, &said),
            ] {
                serde_json::from_str::<serde_json::Value>(&message)
                    .unwrap_or_else(|error| panic!("{message}: {error}"));
                let body = format!("{}{message}]}}", head(dialect, "m", "s\"ystem"));
                serde_json::from_str::<serde_json::Value>(&body)
                    .unwrap_or_else(|error| panic!("{body}: {error}"));
            }
            serde_json::from_str::<serde_json::Value>(&overloaded(dialect)).unwrap();
            let usage = Usage { input: 1, cached: 2, output: 3 };
            for line in events(dialect, &mut Random::of(1, 2), "i", "m", &said, usage).concat() {
                if let Some(data) = line.trim().strip_prefix("data: ").filter(|data| *data != "[DONE]") {
                    serde_json::from_str::<serde_json::Value>(data)
                        .unwrap_or_else(|error| panic!("{data}: {error}"));
                }
            }
        }
    }
}
