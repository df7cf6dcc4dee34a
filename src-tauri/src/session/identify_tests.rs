use serde_json::{Value, json};

use super::*;
use crate::provider::{AnswerBody, read_answer, read_request};

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
