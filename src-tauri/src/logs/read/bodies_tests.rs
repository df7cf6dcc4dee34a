use proptest::prelude::*;
use serde_json::json;

use super::super::lines::Line;
use super::super::{BadLine, Lines};
use super::*;

const META: &str =
    r#"{"host":"h","machine":"m","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"}"#;

/// What texts are put together of: all kinds of characters, plain and as JSON escapes them.
const PIECES: [&str; 16] = [
    "a",
    "plain words, ",
    "é",
    "ü\\u00e9",
    "€",
    "\\u20ac",
    "😀",
    "\\ud83d\\ude00",
    "\\ud83d\\ude01",
    "\\\"",
    "\\\\",
    "\\n",
    "\\u001b",
    "\\/",
    "{\\\"body\\\":\\\"",
    "\\\\u",
];

/// A line whose body is `escaped`.
fn line_with(escaped: &str, rest: &str) -> String {
    format!(
        r#"{{"_meta":{META},"body":"{escaped}","headers":{{}},"method":"POST","path":"/p","seq":1{rest},"size":1,"type":"request"}}"#
    ) + "\n"
}

/// A line, with the body of a request.
type Read = (crate::logs::Span, Result<Entry, String>, Option<String>);

fn plainly(text: &str) -> Vec<Read> {
    let read = |line: Line| match line.result {
        Ok(Entry::Request(mut request)) => {
            let body = std::mem::take(&mut request.body);
            (line.span, Ok(Entry::Request(request)), Some(body))
        }
        Ok(entry) => (line.span, Ok(entry), None),
        Err(error) => (line.span, Err(error.to_string()), None),
    };
    Lines::new(text.as_bytes(), 0).map(read).collect()
}

/// The same lines, each body read from where it goes on; and how much of it was not read again.
fn going_on(text: &str) -> (Vec<Read>, Vec<usize>) {
    let mut bodies = Bodies::<String>::default();
    let mut lines = Lines::new(text.as_bytes(), 0);
    let (mut all, mut shared) = (Vec::new(), Vec::new());
    while let Some(line) = lines.next_in(&mut bodies) {
        let body = matches!(line.result, Ok(Entry::Request(_))).then(|| {
            let (body, same, before) = bodies.latest().unwrap();
            assert_eq!(body.as_bytes()[..same], before.as_bytes()[..same]);
            shared.push(same);
            body.clone_into(before);
            body.to_owned()
        });
        all.push((line.span, line.result.map_err(|error: BadLine| error.to_string()), body));
    }
    (all, shared)
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(0..PIECES.len(), 0..40)
        .prop_map(|pieces| pieces.into_iter().map(|piece| PIECES[piece]).collect())
}

/// How a line comes of the one before.
#[derive(Debug, Clone)]
enum Step {
    Append(String),
    /// The escaped text up to a place, wherever that is, and what comes instead of the rest.
    CutAndAppend(usize, String),
    Anew(String),
    /// Not a line as we write it.
    Odd(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => text().prop_map(Step::Append),
        3 => (0..400_usize, text()).prop_map(|(back, more)| Step::CutAndAppend(back, more)),
        1 => text().prop_map(Step::Anew),
        2 => (0..8_usize).prop_map(Step::Odd),
    ]
}

fn odd(which: usize, escaped: &str) -> String {
    let line = line_with(escaped, "");
    match which {
        0 => line.replace("\"seq\":1", &format!("\"seq\":1,\"body\":\"{}\"", "z".repeat(escaped.len()))),
        7 => line.replace("\"seq\":1", &format!("\"seq\":1,\"body\":\"{}\"", escaped.replace('a', "b"))),
        1 => line.replace("\"seq\":1", "\"seq\":\"none\""),
        2 => line[..line.floor_char_boundary(line.len() / 2)].to_owned() + &line,
        3 => line.replace("\"machine\":\"m\"", "\"machine\":\"m\",\"x\":{},\"body\":\"inner\""),
        4 => line.replacen("{\"_meta\"", "{\"x\":1,\"_meta\"", 1),
        5 => {
            format!(r#"{{"_meta":{META},"provider":"openai","type":"session_start","upstream":"h"}}"#) + "\n"
        }
        _ => line.trim_end().to_owned() + &line,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 10_000 }))]
    #[test]
    fn it_reads_what_the_plain_way_reads(
        steps in proptest::collection::vec(steps(), 1..12),
        long in prop_oneof![Just(MIN_BODY_BYTES), Just(10_000_usize)],
    ) {
        let begins = "0123456 \\\"é\\u00e9".repeat(long / 16);
        let (mut escaped, mut file) = (begins.clone(), String::new());
        for step in steps {
            match step {
                Step::Append(more) => escaped.push_str(&more),
                Step::CutAndAppend(back, more) => {
                    escaped.truncate(escaped.floor_char_boundary(escaped.len().saturating_sub(back)));
                    escaped.push_str(&more);
                }
                Step::Anew(text) => escaped = begins.clone() + &text,
                Step::Odd(which) => file.push_str(&odd(which, &escaped)),
            }
            file.push_str(&line_with(&escaped, ""));
        }
        prop_assert_eq!(going_on(&file).0, plainly(&file));
    }
}

fn body(text: &str) -> String {
    let escaped = json!(text).to_string();
    escaped[1..escaped.len() - 1].to_owned()
}

#[test]
fn what_two_bodies_begin_with_is_read_once() {
    let begins = "a \"word\" ".repeat(2000);
    let bodies =
        [format!("{begins}]"), format!("{begins},more]"), format!("{begins},more,more]"), "short".into()];
    let file: String = bodies.iter().map(|text| line_with(&body(text), "")).collect();
    let (read, shared) = going_on(&file);
    assert_eq!(read, plainly(&file));
    assert_eq!(shared, [0, begins.len(), begins.len() + 5, 0]);
}

#[test]
fn conversations_that_take_turns_do_not_disturb_each_other() {
    let [one, other] = ["one ", "other "].map(|word| word.repeat(3000));
    let lines = [&one, &other].map(|text| line_with(&body(text), ""));
    let (read, shared) = going_on(&lines.concat().repeat(3));
    assert_eq!(read.len(), 6);
    assert_eq!(shared, [0, 0, one.len(), other.len(), one.len(), other.len()]);
}

#[test]
fn a_few_bodies_are_kept_and_no_more_bytes_than_the_latest_and_the_limit() {
    let mut bodies = Bodies::<()>::default();
    for letter in ["a", "b", "c", "d", "e", "f"] {
        let text = line_with(&letter.repeat(MAX_KEPT_BYTES / 3), "");
        let mut lines = Lines::new(text.as_bytes(), 0);
        lines.next_in(&mut bodies).unwrap().result.unwrap();
        assert!(bodies.kept.iter().map(|kept| kept.line.len()).sum::<usize>() <= MAX_KEPT_BYTES);
    }
    assert_eq!(bodies.kept.len(), 2);
}

#[test]
fn a_body_that_nobody_asked_for_is_no_one_to_go_on_with() {
    let texts = [3000, 1500, 4000].map(|count| "word ".repeat(count));
    let texts = [&texts[0], &format!("{}other", texts[1]), &texts[2]];
    let file: String = texts.iter().map(|text| line_with(&body(text), "")).collect();
    let mut bodies = Bodies::<String>::default();
    let mut lines = Lines::new(file.as_bytes(), 0);
    lines.next_in(&mut bodies).unwrap().result.unwrap();
    texts[0].clone_into(bodies.latest().unwrap().2);
    lines.next_in(&mut bodies).unwrap().result.unwrap();
    lines.next_in(&mut bodies).unwrap().result.unwrap();
    let (body, same, made) = bodies.latest().unwrap();
    assert_eq!((body, same), (texts[2].as_str(), 1500 * 5));
    assert_eq!(made, texts[0]);
}
