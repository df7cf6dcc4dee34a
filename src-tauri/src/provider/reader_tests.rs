use proptest::prelude::*;

use super::*;
use crate::provider::read_request;

const APIS: [(Provider, &str); 5] = [
    (Provider::Anthropic, "/v1/messages"),
    (Provider::OpenAi, "/v1/chat/completions"),
    (Provider::OpenAi, "/v1/responses"),
    (Provider::Gemini, "/v1beta/models/m:generateContent"),
    (Provider::Gemini, "/v1internal:streamGenerateContent"),
];

/// What may stand in a list: messages of each API, and what no API has there.
const ITEMS: [&str; 30] = [
    r#"{"role":"user","content":"go"}"#,
    r#"{"role":"user","content":"go on"}"#,
    r#"{ "content" : "größer 😀" , "role" : "assistant" }"#,
    r#"{"role":"assistant","content":[{"type":"text","text":"a\n\"b\"\\"},{"type":"tool_use","id":"t","name":"Bash","input":{"b":1,"a":[2]}}]}"#,
    r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"42"}]}"#,
    r#"{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}"#,
    r#"{"role":"user","content":[{"type":"text","text":"x"}]}"#,
    r#"{"role":"system","content":"<system-reminder>\u00e9\ud83d\ude00</system-reminder>"}"#,
    r#"{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"name":"sh","arguments":"{\"a\":1}"}}]}"#,
    r#"{"role":"tool","tool_call_id":"c","content":"done"}"#,
    r#"{"role":"user","content":""}"#,
    r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}"#,
    r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]}"#,
    r#"{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}"#,
    r#"{"type":"reasoning","summary":[]}"#,
    r#"{"type":"function_call","call_id":"c","name":"sh","arguments":"{}"}"#,
    r#"{"type":"function_call_output","call_id":"c","output":"42"}"#,
    r#"{"role":"user","parts":[{"text":"Hel"},{"text":"lo"}]}"#,
    r#"{"role":"model","parts":[{"functionCall":{"name":"f","args":{"p":"/a"}}}]}"#,
    r#"{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}"#,
    r#"{"role":"user","role":"assistant","content":"twice"}"#,
    r#"{"role":"user","content":"half \ud83d of it"}"#,
    r#"{"role":"user","content":[{"type":"x","number":1e400}]}"#,
    "null",
    "1",
    "12",
    "\"messages\"",
    "[]",
    r#"[{"messages":[1]}]"#,
    // Broken.
    r#"{"role":"user","content":"#,
];

/// What stands around the list: `@` is its key and the list.
const FRAMES: [&str; 25] = [
    r#"{"model":"m","system":"You are. Working directory: /srv/a",@}"#,
    r#"{"model":"m","system":"You are. Working directory: /srv/a",@,"stream":true}"#,
    r#"{"model":"m","system":"You are. Working directory: /srv/a",@,"tools":[{"name":"a"}]}"#,
    r#"{"model":"m","system":"You are other.",@}"#,
    r#"{"model":"m",@,"system":[{"type":"text","text":"x-anthropic-billing-header: cc_is_subagent=true"}],"tools":[1,2],"metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@,"system":[{"type":"text","text":"x-anthropic-billing-header: cch=2"},{"type":"text","text":"S"}],"metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@,"instructions":"I","systemInstruction":{"parts":[{"text":"S"}]},"generate":false,"previous_response_id":"r"}"#,
    r#"{"model":"m","instructions":"I","prompt":"P","systemInstruction":"S",@,"user":"session_1234"}"#,
    r#"{ "model" : "n" , @ , "x" : { "messages" : [ 1 ] } }"#,
    r#"{"model":"m",@,"x":[1]}"#,
    r#"{"model":"m",@,@}"#,
    r#"{"model":"m",@,"messages":[{"role":"user","content":"other"}],"input":"other","contents":null}"#,
    r#"{"model":"m","request":{@,"session_id":"s"},"project":"p"}"#,
    r#"{"model":"m","request":{"systemInstruction":{"parts":[{"text":"S"}]},@},"project":"p"}"#,
    r#"{"request":null,"generateContentRequest":{@}}"#,
    r#"{"request":{"contents":[]},@}"#,
    r#"{"model":"m",@ , "system":[{"type":"text","text":"x-anthropic-billing-header: cch=3"},{"type":"text","text":"S"}],"tools":[1,2,3],"metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@ , "system":[{"type":"text","text":"x-anthropic-billing-header: cch=4"},{"type":"text","text":"S"}],"tools":[1,2,3],"metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@ , "system":[{"type":"text","text":"T"}],"tools":[1,2,3],"metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@ , "tools":[1],"tools":[1,2,3],"metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@ , "metadata":{},"system":"U","metadata":{"user_id":"user_1_session_abc"}}"#,
    r#"{"model":"m",@ , "x":{"a":1,"tools":[1,2,3],"metadata":{"user_id":"user_1_session_abc"}}}"#,
    r#"{"model":"m",@ , "x":"\",\"tools\":[1,2,3]","metadata":{"user_id":"user_1_session_abc"}}"#,
    "[{@}]",
    "{\"model\":\"m\",@",
];

/// How one request's conversation comes of the one before.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<usize>),
    Replace(usize, usize),
    Insert(usize, usize),
    Remove(usize),
    CutBack(usize),
    Anew(Vec<usize>),
    Nothing,
}

fn steps() -> impl Strategy<Value = Step> {
    let item = || 0..ITEMS.len();
    // Nearly always such that all APIs and strict parsers take.
    let items = || proptest::collection::vec(prop_oneof![12 => 0..21_usize, 1 => item()], 1..4);
    prop_oneof![
        8 => items().prop_map(Step::Append),
        2 => (any::<usize>(), item()).prop_map(|(at, item)| Step::Replace(at, item)),
        1 => (any::<usize>(), item()).prop_map(|(at, item)| Step::Insert(at, item)),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::CutBack),
        1 => items().prop_map(Step::Anew),
        1 => Just(Step::Nothing),
    ]
}

fn frames() -> impl Strategy<Value = usize> {
    // Those with much behind the list, and all.
    prop_oneof![4_usize..6, 16..23_usize, 0..FRAMES.len()]
}

fn take(list: &mut Vec<usize>, step: Step) {
    let at = |at: usize, list: &[usize]| at % list.len().max(1);
    match step {
        Step::Append(items) => list.extend(items),
        Step::Replace(place, item) => {
            let place = at(place, list);
            if let Some(there) = list.get_mut(place) {
                *there = item;
            }
        }
        Step::Insert(place, item) => list.insert(at(place, list), item),
        Step::Remove(place) if !list.is_empty() => drop(list.remove(at(place, list))),
        Step::CutBack(place) => list.truncate(at(place, list)),
        Step::Anew(items) => *list = items,
        Step::Remove(_) | Step::Nothing => {}
    }
}

fn body(path: &str, frame: &str, list: &[usize], gap: &str) -> String {
    let key = match path {
        "/v1/responses" => "input",
        path if path.contains("enerateContent") => "contents",
        _ => "messages",
    };
    let items: Vec<&str> = list.iter().map(|item| ITEMS[*item]).collect();
    frame.replace('@', &format!("\"{key}\":[{gap}{}]", items.join(&format!("{gap},"))))
}

fn common(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

/// Reads a request in both ways.
fn compare(reader: &mut RequestReader, api: (Provider, &str), last: &str, body: &str, less: usize) {
    let header = |_: &str| None;
    let before = reader.facts.messages.clone();
    let same = common(last, body).saturating_sub(less);
    let plain = read_request(api.0, api.1, &header, body);
    let (facts, kept) = reader.read(api.0, api.1, &header, body, same);
    assert_eq!(facts, &plain, "{body}");
    assert!(kept <= before.len() && before[..kept] == facts.messages[..kept], "{kept} of {body}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 1000 } else { 30_000 }))]
    #[test]
    fn it_reads_what_the_plain_way_reads(
        api in 0..APIS.len(),
        turns in proptest::collection::vec(
            (steps(), proptest::option::weighted(0.2, frames()), prop_oneof![9 => Just(0_usize), 1 => 0..60_usize], any::<bool>()),
            1..12,
        ),
        first in frames(),
        gap in prop_oneof![4 => Just(""), 1 => Just(" \n")],
    ) {
        let mut reader = RequestReader::default();
        let (mut list, mut frame, mut last) = (Vec::new(), first, String::new());
        for (step, other_frame, less, is_cut) in turns {
            take(&mut list, step);
            frame = other_frame.unwrap_or(frame);
            let mut body = body(APIS[api].1, FRAMES[frame], &list, gap);
            if is_cut && less > 0 {
                body.truncate(body.floor_char_boundary(body.len().saturating_sub(less)));
            }
            compare(&mut reader, APIS[api], &last, &body, if is_cut { 0 } else { less });
            last = body;
        }
    }
}

/// Reads bodies one after the other, and says how many messages each kept.
fn kept(api: (Provider, &str), bodies: &[String]) -> Vec<usize> {
    let mut reader = RequestReader::default();
    let lasts = std::iter::once("").chain(bodies.iter().map(String::as_str));
    let read =
        |(last, body): (&str, &String)| reader.read(api.0, api.1, &|_| None, body, common(last, body)).1;
    lasts.zip(bodies).map(read).collect()
}

#[test]
fn what_was_read_is_kept_as_far_as_it_is_the_same() {
    let anthropic = APIS[0];
    let body = |frame: usize, list: &[usize]| body(anthropic.1, FRAMES[frame], list, "");
    let bodies = [
        body(4, &[0, 2]),
        body(4, &[0, 2, 4]),
        // The cache mark moves on, and the hash in the system prompt is another.
        body(4, &[0, 2, 4, 2, 5]),
        body(4, &[0, 2, 4, 2, 6, 2, 5]),
        body(5, &[0, 2, 4, 2, 6, 2, 5, 0]),
        // Summarised.
        body(5, &[1]),
    ];
    // The last message in common is read again, and another system prompt shifts them all.
    assert_eq!(kept(anthropic, &bodies), [0, 1, 2, 4, 0, 1]);
    let [first, second] = [body(0, &[0, 2]), body(1, &[0, 2, 4])];
    assert_eq!(kept(anthropic, &[first, second]), [0, 2]);
}

#[test]
fn fields_behind_the_list_are_kept_as_far_as_they_are_the_same() {
    let anthropic = APIS[0];
    let body = |frame: usize, list: &[usize]| body(anthropic.1, FRAMES[frame], list, "");
    let mut reader = RequestReader::default();
    let (first, second) = (body(16, &[0, 2]), body(17, &[0, 2, 4]));
    compare(&mut reader, anthropic, "", &first, 0);
    let (end, fields) = reader.frame.as_ref().unwrap().same_fields(&second);
    assert_eq!(fields.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>(), ["tools", "metadata"]);
    assert!(second[end..].starts_with(r#","tools":"#));
    compare(&mut reader, anthropic, &first, &second, 0);
    // What was kept of them counts for the next body, too.
    let third = body(16, &[0, 2, 4, 2]);
    assert_eq!(reader.frame.as_ref().unwrap().same_fields(&third).1.len(), 2);
    compare(&mut reader, anthropic, &second, &third, 0);
}

#[test]
fn items_that_join_a_message_change_it() {
    let responses = APIS[2];
    let bodies = [&[0, 12, 16][..], &[0, 12, 15, 16], &[0, 12, 15, 16, 0, 12]];
    let bodies = bodies.map(|list| body(responses.1, FRAMES[0], list, ""));
    assert_eq!(kept(responses, &bodies), [0, 1, 2]);
}

#[test]
fn nesting_is_as_deep_as_in_the_whole_body() {
    for api in APIS {
        for depth in [95, 120, 124, 125, 126, 127, 128, 129] {
            let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let message = format!(r#"{{"role":"user","content":[{{"type":"x","y":{deep}}}]}}"#);
            let mut reader = RequestReader::default();
            let first = body(api.1, FRAMES[0], &[0, 2], "");
            compare(&mut reader, api, "", &first, 0);
            let second = first.replacen("\"}]", &format!("\"}},{message}]"), 1);
            compare(&mut reader, api, &first, &second, 0);
            let third = body(api.1, FRAMES[1], &[0, 2], "").replacen("\"}]", &format!("\"}},{message}]"), 1);
            compare(&mut reader, api, &second, &third, 0);
        }
    }
}
