use proptest::prelude::*;

use super::*;

const LINE: &str = r#"if [ -r "$HOME/e.sh" ]; then . "$HOME/e.sh"; fi"#;

fn block(id: &str) -> Block {
    Block { id: id.to_owned(), line: LINE.to_owned(), continuation: b'\\' }
}

/// The text with a block, and the block's lines.
#[track_caller]
fn installed(text: &[u8]) -> (Vec<u8>, String) {
    match install(text, &block("0a1b2c3d")) {
        Install::Edited { text, block } => (text, block),
        other @ (Install::AlreadyThere | Install::Refused(_)) => panic!("{other:?}"),
    }
}

#[track_caller]
fn removed(text: &[u8], block: &str) -> Vec<u8> {
    match remove(text, block) {
        Remove::Edited(text) => text,
        other @ (Remove::NotThere | Remove::Refused(_)) => panic!("{other:?}"),
    }
}

/// A whole block as another set-up wrote it.
fn foreign() -> String {
    block("ffffffff").text(0)
}

#[test]
fn the_named_texts_come_back_byte_for_byte() {
    let five_megabytes = b"export A=1 # a line of some length, as people write them\n".repeat(90_000);
    let commented: String = foreign().lines().map(|line| format!("# {line}\n")).collect();
    let in_string = format!("echo '{}'\n", foreign().lines().next().unwrap());
    for text in [
        &b""[..],
        b"\n",
        b"no final newline",
        b"a\r\nb\r\n",
        b"a\r\nb",
        b"a\r",
        b"mixed\r\nends\nhere\r",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfexport A=1\n",
        b"a\0b\n\0",
        b"\xff\xfe\xc3\x28 no text\n",
        b"alias a=b \\",
        b"alias a=b \\\n",
        b"alias a=b \\\\\n",
        b"\\",
        b"cat <<END\nnot closed",
        &five_megabytes,
        commented.as_bytes(),
        in_string.as_bytes(),
    ] {
        let (with, lines) = installed(text);
        assert!(with.starts_with(text) && with.ends_with(lines.as_bytes()) && lines.lines().count() == 3);
        assert_eq!(removed(&with, &lines), text);
        assert_eq!(install(&with, &block("99999999")), Install::AlreadyThere);
    }
}

#[test]
fn the_block_stands_on_lines_of_its_own() {
    for (text, before) in [
        (&b"a"[..], &b"a\n"[..]),
        (b"a \\", b"a \\\n\n"),
        (b"a \\\n", b"a \\\n\n"),
        (b"a \\\\\n", b"a \\\\\n"),
        (b"a \\\r\n", b"a \\\r\n"),
    ] {
        let (with, lines) = installed(text);
        assert_eq!(with, [before, lines.as_bytes()].concat());
    }
}

#[test]
fn what_the_user_writes_around_it_stays() {
    let (with, lines) = installed(b"a");
    let text = String::from_utf8(with).unwrap();
    assert_eq!(removed(format!("{text}later").as_bytes(), &lines), b"a\nlater");
    assert_eq!(removed(format!("first\n{text}").as_bytes(), &lines), b"first\na");
    assert_eq!(removed(format!("{lines}moved\n").as_bytes(), &lines), b"moved\n");
    // Editors that change all line ends, or cut the last one.
    assert_eq!(removed(text.replace('\n', "\r\n").as_bytes(), &lines), b"a");
    assert_eq!(removed(text.trim_end().as_bytes(), &lines), b"a");
    assert_eq!(remove(b"a\n", &lines), Remove::NotThere);
}

#[test]
fn a_changed_block_is_refused_and_shown() {
    let (with, lines) = installed(b"a\n");
    let text = String::from_utf8(with).unwrap();
    let parts: Vec<&str> = lines.lines().collect();
    let half = format!("a\n{}\n{}\n", parts[0], parts[1]);
    for (changed, shown) in [
        (text.replace(".sh", ".txt"), ".txt"),
        (text.replace(parts[1], "echo mine"), "echo mine"),
        (text.replace(parts[1], &format!("{}\necho more", parts[1])), "echo more"),
        (text.replace("+0", "+1"), "+1"),
        (half, parts[0]),
        (format!("a\n{}\n{}\n", parts[1], parts[2]), parts[2]),
        (format!("{text}{lines}"), parts[1]),
        (text.replace(parts[2], &format!("  {}", parts[2])), "  #"),
    ] {
        let Remove::Refused(difference) = remove(changed.as_bytes(), &lines) else { panic!("{changed}") };
        assert_eq!(difference.expected, lines);
        assert!(difference.found.contains(shown), "{difference:?}");
        let again = install(changed.as_bytes(), &block("99999999"));
        let is_twice = changed.len() > text.len() + parts[1].len();
        match again {
            Install::AlreadyThere => assert!(is_twice, "{changed}"),
            Install::Refused(difference) => assert!(difference.found.contains(shown), "{difference:?}"),
            Install::Edited { .. } => panic!("{changed}"),
        }
    }
    let commented = text.replace(&lines, &lines.replace("# >>>", "## >>>").replace("# <<<", "## <<<"));
    assert!(matches!(remove(commented.as_bytes(), &lines), Remove::Refused(_)));
}

#[test]
fn a_block_of_another_set_up_is_left_alone() {
    let text = format!("cat > rc <<'END'\n{}END\n", foreign());
    assert_eq!(install(text.as_bytes(), &block("0a1b2c3d")), Install::AlreadyThere);
    assert_eq!(remove(text.as_bytes(), &installed(b"").1), Remove::NotThere);
}

/// What startup files are made of, and what was made to break them.
const PARTS: [&str; 16] = [
    "export PATH=$PATH:~/bin",
    "alias ll='ls -l'",
    "# a comment",
    "cat <<END\nx\nEND",
    "case $- in *i*) ;; *) return ;; esac",
    "\u{feff}",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\\",
    "`",
    "\\\n",
    "\0",
    "# >>> conda initialize >>>",
    LINE,
];

/// Lines like ours; few, since most texts with them are left as they are.
fn marked() -> Vec<String> {
    let halves = ["# >>> llm-proxy setup", BEGIN, "# <<< llm-proxy setup 0a1b2c3d <<<\n", "# LLM Proxy"];
    let commented = foreign().lines().map(|line| format!("# {line}\n")).collect();
    let whole = [foreign(), block("0a1b2c3d").text(1), commented];
    halves.into_iter().map(str::to_owned).chain(whole).collect()
}

fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        30 => prop::sample::select(&PARTS[..]).prop_map(|part| part.as_bytes().to_vec()),
        6 => prop::collection::vec(any::<u8>(), 0..12),
        6 => "[ -~]{0,30}\n".prop_map(String::into_bytes),
        1 => prop::sample::select(marked()).prop_map(String::into_bytes),
    ]
}

/// 20,000 files, or as many as `PROPTEST_CASES` says when that is more.
fn cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(20_000), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn undo_gives_back_what_was_there(
        parts in prop::collection::vec(fragment(), 0..12),
        continuation in prop::sample::select(vec![b'\\', b'`']),
    ) {
        let text = parts.concat();
        let block = Block { continuation, ..block("5e5e5e5e") };
        if let Install::Edited { text: with, block: lines } = install(&text, &block) {
            prop_assert_eq!(install(&with, &Block { id: "77777777".to_owned(), ..block }), Install::AlreadyThere);
            prop_assert_eq!(remove(&with, &lines), Remove::Edited(text));
        } else {
            // Left as it is; only lines like ours are a reason.
            prop_assert!(text.windows(BEGIN.len()).any(|part| part == BEGIN.as_bytes() || part == END.as_bytes()));
        }
    }
}
