//! Commands that read and write the log folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Home, fails, fixtures, json, stderr, stdout, succeeds};

/// Every file below a folder, and what is in it.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn an_import_takes_everything_over_once_and_changes_nothing_at_its_source() {
    let home = Home::new();
    let before = content(Path::new(fixtures()));
    let first = json(&home.run(&["import", fixtures(), "--json"]));
    assert_eq!(
        (&first["files"], &first["requests"], &first["responses"]),
        (&20.into(), &22.into(), &19.into())
    );
    assert_eq!((&first["index"]["sessions"], &first["database_problem"]), (&20.into(), &Value::Null));
    let second = json(&home.run(&["import", fixtures(), "--json"]));
    assert_eq!((&second["sessions"], &second["already_there"]), (&0.into(), &61.into()));
    assert_eq!(second["index"]["exchanges"], 22);
    assert_eq!(content(Path::new(fixtures())), before);
    let doctor = home.run(&["doctor"]);
    assert!(!stdout(&doctor).contains("open to other users"), "{}", stdout(&doctor));
}

#[test]
fn an_import_refuses_what_makes_no_sense() {
    let home = Home::imported();
    let log_dir = home.log_dir();
    fails(&home.run(&["import", log_dir.to_str().expect("text")]), 1, "llm-proxy reindex");
    fails(&home.run(&["import", home.path().to_str().expect("text")]), 1, "log folder");
    fails(&home.run(&["import", "/nonexistent"]), 1, "folder to import");
    let file = home.path().join("file");
    File::create(&file).expect("writable");
    let file = file.to_str().expect("text");
    fails(&home.run(&["--log-dir", file, "import", fixtures()]), 1, file);
}

#[test]
fn sessions_and_turns_are_listed_with_and_without_an_index() {
    let home = Home::imported();
    let listed = json(&home.run(&["sessions", "--json", "--limit", "100"]));
    assert_eq!(listed.as_array().map(Vec::len), Some(20));
    assert_eq!(succeeds(&home.run(&["sessions", "--limit", "3"])).lines().count(), 4);

    let turns = json(&home.run(&["show", "20261123-030835-0", "--json"]));
    let said = |at: usize| turns[at]["new_messages"][0]["blocks"][0]["text"].clone();
    assert_eq!([said(0), said(1), said(2)], ["turn 1: héllo ✓", "turn 2: héllo ✓", "turn 3: héllo ✓"]);
    assert_eq!(turns[2]["usage"]["cache_read_tokens"], 2000);
    assert_eq!(turns[2]["new_messages"].as_array().map(Vec::len), Some(1));

    fs::remove_file(home.log_dir().join("sessions.db")).expect("it is there");
    let walked = home.run(&["sessions", "--json", "--limit", "100"]);
    assert!(stderr(&walked).contains("listing from the files"));
    assert_eq!(json(&walked), listed);
    assert_eq!(json(&home.run(&["show", "20261123-030835-0", "--json"])), turns);

    let reindexed = json(&home.run(&["reindex", "--json"]));
    assert_eq!((&reindexed["sessions"], &reindexed["exchanges"]), (&20.into(), &22.into()));
    let again = home.run(&["sessions", "--json", "--limit", "100"]);
    assert_eq!((json(&again), stderr(&again).as_str()), (listed, ""));
}

/// The session that was recorded at a host without prices, as one of Anthropic's.
fn priced(home: &Home) {
    const FILE: &str = "2026-11-23/20261123-030835-0f69ebdc.jsonl";
    let recorded = fs::read_to_string(Path::new(fixtures()).join("127.0.0.1:9901").join(FILE)).expect("text");
    let file = home.log_dir().join("api.anthropic.com").join(FILE);
    fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
    let lines = recorded.replace("127.0.0.1:9901", "api.anthropic.com");
    File::create(file).and_then(|mut file| file.write_all(lines.as_bytes())).expect("writable");
}

#[test]
fn costs_are_told_with_and_without_an_index_and_only_where_a_price_is_known() {
    let home = Home::new();
    priced(&home);
    succeeds(&home.run(&["reindex"]));
    let cost = |arguments: &[&str], at: usize| json(&home.run(arguments))[at]["cost_usd"].as_f64();
    // 123 tokens in at $3 a million, 2,000 out of the cache at $0.30, 600 into it at $3.75, 400 for an hour at
    // $6, 16 out at $15; three times.
    assert_eq!(cost(&["show", "last", "--json"], 2), Some(0.005_859));
    assert_eq!(cost(&["sessions", "--json"], 0), Some(0.017_577));
    assert!(succeeds(&home.run(&["sessions"])).contains("  $0.02  "));
    let shown = succeeds(&home.run(&["show", "last"]));
    assert_eq!(
        (shown.matches("Cost $0.02\n").count(), shown.matches(" · $0.0059 ──").count()),
        (1, 3),
        "{shown}"
    );
    fs::remove_file(home.log_dir().join("sessions.db")).expect("it is there");
    assert_eq!(cost(&["sessions", "--json"], 0), Some(0.017_577));

    let unknown = Home::imported();
    assert!(!succeeds(&unknown.run(&["sessions", "--limit", "100"])).contains('$'));
    assert!(!succeeds(&unknown.run(&["show", "20261123-030835-0"])).contains('$'));
    assert_eq!(json(&unknown.run(&["show", "20261123-030835-0", "--json"]))[0]["cost_usd"], Value::Null);
}

#[test]
fn a_damaged_index_is_said_and_survived_and_mended() {
    let home = Home::imported();
    let index = home.log_dir().join("sessions.db");
    let mut bytes = fs::read(&index).expect("it is there");
    bytes[..4096].fill(0x5a);
    File::create(&index).and_then(|mut file| file.write_all(&bytes)).expect("writable");
    let listed = home.run(&["sessions"]);
    assert!(stderr(&listed).contains("llm-proxy reindex"), "{}", stderr(&listed));
    assert!(succeeds(&listed).contains("20261123-030835-0f69ebdc"));
    assert!(succeeds(&home.run(&["status"])).contains("no proxy"));
    assert_eq!(home.run(&["doctor"]).status.code(), Some(1));
    let reindexed = json(&home.run(&["reindex", "--json"]));
    assert_eq!(reindexed["sessions"], 20);
    assert!(reindexed["set_aside"].as_str().expect("a path").contains("corrupt"));
    assert!(succeeds(&home.run(&["doctor"])).contains("is sound"));
}

#[test]
fn sessions_that_are_not_there_or_not_one_are_said() {
    let home = Home::imported();
    fails(&home.run(&["show", "20260101"]), 1, "llm-proxy sessions");
    fails(&home.run(&["show", "20261123-030835"]), 1, "20261123-030835-0f69ebdc");
    let empty = Home::new();
    fails(&empty.run(&["show", "last"]), 1, "no sessions");
    fails(&empty.run(&["reindex"]), 1, "no log folder");
    assert_eq!(json(&empty.run(&["sessions", "--json"])), Value::Array(Vec::new()));
}

#[test]
fn what_a_stranger_wrote_into_a_log_never_commands_the_terminal() {
    let home = Home::new();
    let day = home.log_dir().join("evil/2026-11-23");
    fs::create_dir_all(&day).expect("writable");
    let mut file = File::create(day.join("20261123-030829-6f9842fe.jsonl")).expect("writable");
    let body = r#"{\"model\":\"\\u001b]0;m\\u0007\",\"messages\":[{\"role\":\"user\",\"content\":\"\\u001b[2J\\u202e hi\"}]}"#;
    let line = format!(
        r#"{{"_meta":{{"host":"evil","machine":"m","session":"20261123-030829-6f9842fe","ts":"2026-11-23T03:08:29Z"}},"body":"{body}","headers":{{"User-Agent":["\u001b[31mx/1"]}},"method":"POST","path":"/v1/messages","seq":1,"size":1,"type":"request"}}"#
    );
    writeln!(file, "{line}\nnot json at all\n{{\"_meta\":").expect("writable");
    succeeds(&home.run(&["reindex"]));
    for command in [
        &["show", "last"][..],
        &["show", "last", "--json"],
        &["sessions"],
        &["sessions", "--json"],
        &["status"],
        &["doctor"],
    ] {
        let output = home.run(command);
        let said = stdout(&output) + &stderr(&output);
        let bad = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!said.chars().any(bad), "{command:?}: {said:?}");
    }
    assert!(stderr(&home.run(&["show", "last"])).contains("damaged"));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let home = Home::imported();
    let script = format!(
        "{} sessions --limit 100 | head -c 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_llm-proxy")
    );
    let output =
        Command::new("bash").args(["-c", &script]).env("HOME", home.path()).output().expect("bash runs");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
