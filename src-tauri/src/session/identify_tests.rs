use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::provider::{AnswerBody, Block, Message, Role, read_answer, read_request};

const HOST: &str = "api.anthropic.com";

fn facts(provider: Provider, path: &str, body: &Value) -> RequestFacts {
    read_request(provider, path, &|_| None, &body.to_string())
}

fn asked(messages: Value) -> Identity {
    identify(
        Provider::Anthropic,
        HOST,
        &facts(Provider::Anthropic, "/v1/messages", &json!({ "messages": messages })),
    )
}

fn answered(first: &Identity, body: Value) -> Vec<LinkKey> {
    let answer = read_answer(Provider::Anthropic, "/v1/messages", AnswerBody::Json(&body.to_string()));
    links_after(Provider::Anthropic, HOST, first.chain, &answer)
}

fn says(text: &str) -> Value {
    json!({ "id": "msg_1", "type": "message", "role": "assistant", "content": [{ "type": "text", "text": text }] })
}

#[test]
fn a_first_request_continues_nothing() {
    let first = asked(json!([{ "role": "user", "content": "Hello" }]));
    assert_eq!(first.continues, []);
    assert!(first.chain.is_some());
}

#[test]
fn the_next_turn_is_recognised() {
    let first = asked(json!([{ "role": "user", "content": "Hello" }]));
    let links = answered(&first, says("Hi"));
    let second = asked(json!([
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Hi" },
        { "role": "user", "content": "More" },
    ]));
    assert_eq!(links, second.continues);
}

#[test]
fn spelling_does_not_matter() {
    let first = asked(
        json!([{ "role": "user", "content": [{ "type": "text", "text": "Hello", "cache_control": { "type": "ephemeral" } }] }]),
    );
    let body = json!({ "id": "msg_1", "type": "message", "role": "assistant", "content": [
        { "type": "thinking", "thinking": "Hm", "signature": "s" },
        { "type": "text", "text": "I will " }, { "type": "text", "text": "look." },
        { "type": "tool_use", "id": "toolu_1", "name": "ls", "input": { "b": 1, "a": [2] } },
    ] });
    let links = answered(&first, body);
    let second = asked(json!([
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": [{ "type": "text", "text": "I will look." }] },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "toolu_1", "name": "ls", "input": { "a": [2], "b": 1 } }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "toolu_1", "content": "x" }] },
    ]));
    assert_eq!(links, second.continues);
}

#[test]
fn other_words_tools_or_places_are_others() {
    let hello = json!([{ "role": "user", "content": "Hello" }]);
    let links = answered(&asked(hello.clone()), says("Hi"));
    for (question, answer) in [("Hello!", "Hi"), ("Hello", "Hi!"), ("Hell", "oHi")] {
        let other = asked(json!([
            { "role": "user", "content": question }, { "role": "assistant", "content": answer }, { "role": "user", "content": "?" },
        ]));
        assert_ne!(links, other.continues, "{question} {answer}");
    }
    let body = json!({ "messages": hello });
    let here = identify(Provider::Anthropic, HOST, &facts(Provider::Anthropic, "/v1/messages", &body));
    let there =
        identify(Provider::Anthropic, "other.example", &facts(Provider::Anthropic, "/v1/messages", &body));
    assert_ne!(here.chain, there.chain);
}

#[test]
fn a_rewound_conversation_falls_back_to_the_longest_answer_it_keeps() {
    let first = asked(json!([{ "role": "user", "content": "One" }]));
    let links = answered(&first, says("1"));
    let rewound = asked(json!([
        { "role": "user", "content": "One" }, { "role": "assistant", "content": "1" },
        { "role": "user", "content": "Two" }, { "role": "assistant", "content": "never said" },
        { "role": "user", "content": "Three" },
    ]));
    assert_eq!(rewound.continues.len(), 2);
    assert_eq!(links[0], rewound.continues[1]);
}

#[test]
fn system_prompts_are_left_out() {
    let body =
        |system: &str| json!({ "system": system, "messages": [{ "role": "user", "content": "Hello" }] });
    let chain = |system| {
        identify(Provider::Anthropic, HOST, &facts(Provider::Anthropic, "/v1/messages", &body(system))).chain
    };
    assert_eq!(chain("Monday"), chain("Tuesday"));
}

#[test]
fn a_previous_response_comes_first_and_starts_its_own_chain() {
    let path = "/v1/responses";
    let answer = read_answer(
        Provider::OpenAi,
        path,
        AnswerBody::Json(
            &json!({ "id": "resp_1", "object": "response", "status": "completed", "output": [] }).to_string(),
        ),
    );
    let links = links_after(Provider::OpenAi, "api.openai.com", None, &answer);
    let body = json!({ "input": "go on", "previous_response_id": "resp_1" });
    let next = identify(Provider::OpenAi, "api.openai.com", &facts(Provider::OpenAi, path, &body));
    assert_eq!(next.continues.first(), links.first());
    let alone = identify(
        Provider::OpenAi,
        "api.openai.com",
        &facts(Provider::OpenAi, path, &json!({ "input": "go on" })),
    );
    assert_ne!(next.chain, alone.chain);
}

#[test]
fn nothing_said_has_no_chain() {
    let models =
        identify(Provider::OpenAi, HOST, &read_request(Provider::OpenAi, "/v1/models", &|_| None, ""));
    assert_eq!(models.chain, None);
    assert_eq!(models.continues, []);
}

#[test]
fn deep_nesting_is_cut_off() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let body = json!([{ "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "n", "input": deep }] }]);
    assert!(asked(body).chain.is_some());
}

/// Whether an answer to `first` is recognised in `next`, bodies of `path`.
fn goes_on(provider: Provider, path: &str, first: &Value, answer: AnswerBody<'_>, next: &Value) -> bool {
    let (before, after) = (facts(provider, path, first), facts(provider, path, next));
    let chain = identify(provider, HOST, &before).chain;
    let links = links_after(provider, HOST, chain, &read_answer(provider, path, answer));
    let candidates = identify(provider, HOST, &after).continues;
    links.iter().any(|link| candidates.first() == Some(link))
}

#[test]
fn a_streamed_chat_completion_with_a_tool_call_goes_on() {
    let question = json!({ "role": "user", "content": "List" });
    let system = json!({ "role": "system", "content": "Be brief." });
    let events = concat!(
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"ls\",\"arguments\":\"\"}}]}}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"path\\\":\"}}]}}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\" \\\".\\\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
        "data: [DONE]\n\n",
    );
    let call = json!({ "role": "assistant", "content": null, "tool_calls": [
        { "id": "call_1", "type": "function", "function": { "name": "ls", "arguments": "{\"path\": \".\"}" } },
    ] });
    let result = json!({ "role": "tool", "tool_call_id": "call_1", "content": "a.rs" });
    assert!(goes_on(
        Provider::OpenAi,
        "/v1/chat/completions",
        &json!({ "messages": [system, question] }),
        AnswerBody::Events(events),
        &json!({ "messages": [question, call, result] }),
    ));
}

#[test]
fn responses_items_go_on() {
    let question =
        json!({ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "List" }] });
    let output = json!([
        { "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" },
        { "type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [{ "type": "output_text", "text": "I look.", "annotations": [] }] },
        { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "ls", "arguments": "{}", "status": "completed" },
    ]);
    let answer =
        json!({ "id": "resp_9", "object": "response", "status": "completed", "output": output }).to_string();
    let mut input = vec![question.clone()];
    input.extend(output.as_array().unwrap().iter().cloned());
    input.push(json!({ "type": "function_call_output", "call_id": "call_1", "output": "a.rs" }));
    assert!(goes_on(
        Provider::OpenAi,
        "/v1/responses",
        &json!({ "input": [question] }),
        AnswerBody::Json(&answer),
        &json!({ "input": input }),
    ));
}

#[test]
fn gemini_contents_go_on() {
    let question = json!({ "role": "user", "parts": [{ "text": "List" }] });
    let model = json!({ "role": "model", "parts": [
        { "text": "Hm", "thought": true }, { "text": "I look." }, { "functionCall": { "name": "ls", "args": { "path": "." } } },
    ] });
    let answer = json!({ "candidates": [{ "content": model, "finishReason": "STOP" }] }).to_string();
    let kept = json!({ "role": "model", "parts": [{ "text": "I look." }, { "functionCall": { "name": "ls", "args": { "path": "." } } }] });
    let result = json!({ "role": "user", "parts": [{ "functionResponse": { "name": "ls", "response": { "output": "a.rs" } } }] });
    assert!(goes_on(
        Provider::Gemini,
        "/v1beta/models/gemini-2.5-pro:generateContent",
        &json!({ "contents": [question] }),
        AnswerBody::Json(&answer),
        &json!({ "contents": [question, kept, result] }),
    ));
}

proptest! {
    #[test]
    fn a_conversation_that_goes_on_has_the_identities_that_its_requests_have(
        steps in proptest::collection::vec(
            (0..6_usize, proptest::collection::vec((0..4_usize, 0..3_usize), 0..4), 0..9_usize, 0..3_usize), 1..10),
    ) {
        let mut identifier = Identifier::default();
        let (mut facts, mut last) = (RequestFacts::default(), Vec::new());
        for (back, more, other, less) in steps {
            facts.messages.truncate(facts.messages.len().saturating_sub(back));
            facts.messages.extend(more.into_iter().map(|(role, word)| Message {
                role: [Role::System, Role::User, Role::Assistant, Role::Tool][role],
                blocks: vec![Block::Text(["a", "b", "ab"][word].to_owned())],
            }));
            facts.previous_response = (other == 0).then(|| "resp".to_owned());
            let upstream = if other == 1 { "other" } else { HOST };
            let common = facts.messages.iter().zip(&last).take_while(|(one, other)| one == other).count();
            let kept = common.saturating_sub(less);
            prop_assert_eq!(
                identifier.identify(Provider::OpenAi, upstream, &facts, kept),
                identify(Provider::OpenAi, upstream, &facts)
            );
            last.clone_from(&facts.messages);
        }
    }
}
