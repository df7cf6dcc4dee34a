use super::super::State;
use super::*;

fn line(text: &str) -> Line {
    Line::read(text, Scope::Requests)
}

fn words(text: &str) -> Vec<(String, bool, bool)> {
    line(text).words.into_iter().map(|word| (word.text, word.prefix, word.excluded)).collect()
}

fn word(text: &str, prefix: bool, excluded: bool) -> (String, bool, bool) {
    (text.to_owned(), prefix, excluded)
}

/// The only condition of a line.
fn condition(text: &str) -> (Vec<Filter>, bool) {
    let line = line(text);
    let [one] = line.conditions.as_slice() else { panic!("{text}: {line:?}") };
    (one.any_of.clone(), one.excluded)
}

fn problem(text: &str, scope: Scope) -> Option<String> {
    let line = Line::read(text, scope);
    assert_eq!(line.parts.len(), 1, "{text}");
    line.parts[0].problem.as_ref().map(Problem::to_string)
}

#[test]
fn words_phrases_prefixes_and_exclusions() {
    assert_eq!(
        words("fix  \"two words\" auth* -old -\"not this\" \"read fi\"*"),
        [
            word("fix", false, false),
            word("two words", false, false),
            word("auth*", true, false),
            word("old", false, true),
            word("not this", false, true),
            word("read fi", true, false),
        ]
    );
    assert_eq!(
        words("a\"b c\"d"),
        [word("a", false, false), word("b c", false, false), word("d", false, false)]
    );
    assert_eq!(words("\"never closed AND"), [word("never closed AND", false, false)]);
}

#[test]
fn what_code_looks_like_is_words() {
    for text in [
        "std::io",
        "https://a.example/x",
        "C:\\x",
        "C:/x",
        "path://x",
        "12:30",
        "foo_bar:1",
        "a-b",
        "NEAR(a",
        "error:",
    ] {
        assert_eq!(words(text), [word(text, false, false)], "{text}");
    }
    assert_eq!(words("\"colour:red\""), [word("colour:red", false, false)]);
}

#[test]
fn each_key_takes_its_values() {
    let part = |key, text: &str| Filter::Part(key, text.to_owned());
    let exactly = |key, text: &str| Filter::Exactly(key, text.to_owned());
    let beginning = |key, text: &str| Filter::Beginning(key, text.to_owned());
    for (text, filters) in [
        ("Model:opus,sonnet", vec![part(Key::Model, "opus"), part(Key::Model, "sonnet")]),
        ("client:=codex", vec![exactly(Key::Client, "codex")]),
        ("project:\"/a b\",\"=/c, d\"", vec![part(Key::Project, "/a b"), exactly(Key::Project, "/c, d")]),
        ("tool:\"a, b\"", vec![part(Key::Tool, "a, b")]),
        ("kind:chat,prewarm", vec![exactly(Key::Kind, "chat"), exactly(Key::Kind, "prewarm")]),
        (
            "status:4xx,529",
            vec![Filter::Among(Key::Status, 400..=499), Filter::Among(Key::Status, 529..=529)],
        ),
        ("is:error,slow", vec![Filter::Is(State::Error), Filter::Is(State::Slow)]),
        ("is:running", vec![Filter::Is(State::Streaming)]),
        ("session:20261123", vec![beginning(Key::Session, "20261123")]),
        ("id:ab-", vec![beginning(Key::Id, "ab-")]),
        ("host:api.", vec![part(Key::Host, "api.")]),
        ("path:/v1", vec![part(Key::Path, "/v1")]),
        ("method:post", vec![exactly(Key::Method, "post")]),
        ("stop:end", vec![part(Key::Stop, "end")]),
        ("agent:*", vec![Filter::Given(Key::Agent)]),
        ("in:>10k", vec![Filter::Among(Key::In, 10_001..=i64::MAX)]),
        ("out:1k..5k", vec![Filter::Among(Key::Out, 1000..=5000)]),
        ("cached:0", vec![Filter::Among(Key::Cached, 0..=0)]),
        ("cost:>$0.5", vec![Filter::Among(Key::Cost, 500_000_001..=i64::MAX)]),
        ("dur:>=5s", vec![Filter::Among(Key::Duration, 5000..=i64::MAX)]),
        ("ttft:<200ms", vec![Filter::Among(Key::FirstByte, i64::MIN..=199)]),
        ("size:*", vec![Filter::Given(Key::Size)]),
        ("before:1970-01-02", vec![Filter::Before(86_400_000)]),
        ("after:1970-01-01T00:00:01Z", vec![Filter::After(1000)]),
    ] {
        assert_eq!(condition(text), (filters.clone(), false), "{text}");
        assert_eq!(condition(&format!("-{text}")), (filters, true), "-{text}");
    }
}

#[test]
fn what_is_not_understood_is_said_and_left_out() {
    let scope = Scope::Requests;
    let unknown = problem("modle:opus", scope).unwrap();
    assert!(
        unknown.contains("`modle:`") && unknown.contains("client:") && !unknown.contains("role:"),
        "{unknown}"
    );
    for text in [
        "model:",
        "model:a,",
        "status:x",
        "is:odd",
        "kind:talk",
        "in:prompt",
        "in:5s",
        "cost:-1",
        "dur:soon",
        "before:tomorrow",
        "role:user",
        "client:=",
        "status:",
        "is:",
    ] {
        assert!(problem(text, scope).is_some(), "{text}");
    }
    for text in ["in:prompt,answer", "role:user", "in:>10k", "model:*"] {
        assert_eq!(problem(text, Scope::Texts), None, "{text}");
    }
    let line = line("a modle:b -status:429 is:odd");
    assert_eq!((line.words.len(), line.conditions.len()), (1, 1));
    let typed: Vec<(&str, bool)> =
        line.parts.iter().map(|part| (part.text.as_str(), part.problem.is_none())).collect();
    assert_eq!(typed, [("a", true), ("modle:b", false), ("-status:429", true), ("is:odd", false)]);
}

#[test]
fn a_line_without_end_is_cut() {
    for text in ["word ".repeat(100_000), format!("model:{}", "a,".repeat(100_000))] {
        let line = line(&text);
        assert!(line.words.len() <= MAX_VALUES && line.conditions.is_empty());
        assert_eq!(line.parts.last().unwrap().problem, Some(Problem::TooMany));
        assert!(line.parts.len() <= MAX_VALUES + 1);
    }
}

proptest::proptest! {
    #[test]
    fn nothing_typed_is_a_panic_and_all_of_it_is_shown(text in "[a-z:\"*,$ é>=.\\-\\\\0-9]{0,40}") {
        for scope in [Scope::Requests, Scope::Texts] {
            let parts = Line::read(&text, scope).parts;
            let typed: String = parts.iter().flat_map(|part| part.text.chars()).collect();
            let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(squeezed(&typed), squeezed(&text));
        }
    }
}

#[test]
fn a_choice_is_any_of_its_filters() {
    let opus = Filter::Part(Key::Model, "opus".to_owned());
    let shop = Filter::Part(Key::Project, "my (old) shop".to_owned());
    for (text, expected) in [
        ("(model:opus or is:error)", (vec![opus.clone(), Filter::Is(State::Error)], false)),
        (
            "-( model:opus OR  is:error,slow )",
            (vec![opus.clone(), Filter::Is(State::Error), Filter::Is(State::Slow)], true),
        ),
        ("(project:\"my (old) shop\" or model:opus)", (vec![shop, opus], false)),
    ] {
        assert_eq!(condition(text), expected, "{text}");
        assert_eq!(line(text).parts[0].text, text);
    }
    let line = line("café (is:error or is:slow) -model:haiku");
    assert_eq!((line.words.len(), line.conditions.len(), line.parts.len()), (1, 2, 3));
}

#[test]
fn a_choice_of_something_else_says_what_it_takes_and_code_is_words() {
    for text in ["(model:opus or café)", "(model:opus or -is:error)"] {
        assert!(problem(text, Scope::Requests).unwrap().contains("(model:opus or is:error)"), "{text}");
    }
    assert!(problem("(odd:x or is:error)", Scope::Requests).unwrap().contains("odd:"));
    for text in ["(is:error", "(model:opus)", "(is:error is:slow)", "()", "( or )", "(is:error or", "-(x)"] {
        let line = line(text);
        assert!(line.parts.iter().all(|part| !matches!(part.problem, Some(Problem::BadChoice))), "{text}");
    }
}
