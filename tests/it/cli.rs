//! The command line, end to end: what it prints, where, and how it exits.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::harness::{Options, Proxy};

/// A home in which nothing runs.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    /// A home with the Go llm-proxy's logs taken over.
    fn imported() -> Self {
        let home = Self::new();
        succeeds(&home.run(&["import", fixtures()]));
        home
    }

    fn log_dir(&self) -> PathBuf {
        self.0.path().join(".llm-provider-logs")
    }

    fn portfile(&self) -> PathBuf {
        self.0.path().join(".local/state/llm-proxy/port")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-proxy"));
        command.env_clear().env("HOME", self.0.path()).env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command.args(arguments).output().expect("the built binary runs")
    }
}

fn fixtures() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/go-logs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is text")
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}: {}", output.status, stderr(output));
    stdout(output)
}

/// Checks that a command failed with this exit code and one line that has the words, and printed
/// nothing else.
#[track_caller]
fn fails(output: &Output, code: i32, words: &str) {
    let said = stderr(output);
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(code), ""), "{said}");
    assert!(said.starts_with("llm-proxy: ") && said.lines().count() == 1, "not one line: {said}");
    assert!(said.contains(words), "no '{words}' in: {said}");
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&succeeds(output)).expect("stdout is JSON")
}

/// A command of the proxy's home, run to its end.
async fn of(proxy: &Proxy, arguments: &[&str]) -> Output {
    proxy.command().args(arguments).stdin(Stdio::null()).output().await.expect("the built binary runs")
}

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
fn what_is_not_understood_is_said_in_one_line_with_exit_code_2() {
    let home = Home::new();
    for (arguments, words) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["--port", "70000"], "70000"),
        (&["show"], "<SESSION>"),
        (&["env", "--shell", "tcsh"], "fish"),
        (&["sessions", "--limit", "none"], "none"),
        (&["--env", "sessions"], "cannot stand with a command"),
    ] {
        fails(&home.run(arguments), 2, words);
    }
    assert!(succeeds(&home.run(&["--help"])).contains("sessions"));
    assert!(succeeds(&home.run(&["--version"])).starts_with("llm-proxy "));
}

#[test]
fn the_go_programs_flags_do_what_is_there_and_say_what_is_not() {
    let home = Home::new();
    assert!(succeeds(&home.run(&["--status"])).contains("no proxy is running"));
    fails(&home.run(&["--env"]), 1, "llm-proxy serve");
    fails(&home.run(&["--setup"]), 1, "llm-proxy env");
    fails(&home.run(&["--setup-shell"]), 1, "llm-proxy env");
    fails(&home.run(&["--uninstall"]), 1, "startup file");
    fails(&home.run(&["--explore", "--explore-port", "9180"]), 1, "llm-proxy show");
}

#[test]
fn a_bad_configuration_names_its_line() {
    let home = Home::new();
    let folder = home.0.path().join(".config/llm-proxy");
    fs::create_dir_all(&folder).expect("writable");
    let mut file = File::create(folder.join("config.toml")).expect("writable");
    file.write_all(b"# mine\nprot = 1\n").expect("writable");
    for command in [&["serve"][..], &["sessions"], &["status"], &[]] {
        fails(&home.run(command), 1, "config.toml:2: prot");
    }
    let doctor = home.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(stdout(&doctor).contains("config.toml:2: prot"));
}

#[test]
fn without_a_proxy_env_and_run_give_nothing() {
    let home = Home::new();
    fails(&home.run(&["env"]), 1, "llm-proxy serve");
    fails(&home.run(&["run", "--", "echo", "ran"]), 1, "llm-proxy serve");
    assert_eq!(succeeds(&home.run(&["env", "--unset", "--shell", "fish"])).lines().count(), 2);
}

#[tokio::test]
async fn whoever_else_answers_on_the_port_gets_no_exports() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    fs::create_dir_all(home.portfile().parent().expect("a folder")).expect("writable");
    File::create(home.portfile()).and_then(|mut file| writeln!(file, "{port}")).expect("writable");
    let answer = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 1024];
        let _length = stream.read(&mut request).await.expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await.expect("sent");
        stream
    };
    let env = tokio::task::spawn_blocking(move || home.run(&["env"]));
    let (_stream, env) = tokio::join!(answer, env);
    fails(&env.expect("it ran"), 1, "not your llm-proxy");
}

#[tokio::test]
async fn a_running_proxy_is_found_by_env_run_status_and_doctor() {
    let mut proxy = Proxy::start(Options::default()).await;
    let base = format!("http://{}/anthropic/api.anthropic.com", proxy.addr());

    let env = succeeds(&of(&proxy, &["env", "--shell", "sh"]).await);
    assert!(env.contains(&format!("export ANTHROPIC_BASE_URL={base}\n")) && !env.contains("GEMINI"), "{env}");
    assert!(succeeds(&of(&proxy, &["env", "--gemini"]).await).contains("GOOGLE_GEMINI_BASE_URL"));
    assert_eq!(succeeds(&of(&proxy, &["-env"]).await), env);

    let run = of(&proxy, &["run", "--", "sh", "-c", "echo $ANTHROPIC_BASE_URL; exit 7"]).await;
    assert_eq!((run.status.code(), stdout(&run)), (Some(7), format!("{base}\n")));
    let killed = of(&proxy, &["run", "--", "sh", "-c", "kill -9 $$"]).await;
    assert_eq!(killed.status.code(), Some(137));
    fails(&of(&proxy, &["run", "no-such-command"]).await, 127, "no-such-command");

    let status = json(&of(&proxy, &["status", "--json"]).await);
    assert_eq!((&status["running"], &status["port"]), (&true.into(), &proxy.addr().port().into()));
    let doctor = json(&of(&proxy, &["doctor", "--json"]).await);
    let state = |name: &str| {
        let checks = doctor["checks"].as_array().expect("a list");
        checks.iter().find(|check| check["name"] == name).expect("the check")["state"].clone()
    };
    assert_eq!((state("proxy"), state("portfile")), ("ok".into(), "ok".into()));

    fails(&of(&proxy, &["reindex"]).await, 1, "stop it first");
    fails(&of(&proxy, &["import", fixtures()]).await, 1, "stop it first");

    proxy.kill().await;
    fails(&of(&proxy, &["env"]).await, 1, "llm-proxy serve");
}

#[tokio::test]
async fn a_command_that_runs_decides_itself_what_signals_mean() {
    let mut proxy = Proxy::start(Options::default()).await;
    let script = "trap 'echo caught; exit 3' TERM; echo ready; while :; do read -r line; done";
    let mut command = proxy.command();
    command.args(["run", "--", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the built binary runs");
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let mut ready = [0; 6];
    stdout.read_exact(&mut ready).await.expect("it is ready");
    let pid = child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    drop(child.stdin.take());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).await.expect("text");
    assert_eq!((child.wait().await.expect("it ends").code(), rest.as_str()), (Some(3), "caught\n"));
    proxy.stop().await;
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
    fails(&home.run(&["import", home.0.path().to_str().expect("text")]), 1, "log folder");
    fails(&home.run(&["import", "/nonexistent"]), 1, "folder to import");
    let file = home.0.path().join("file");
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
fn completions_are_scripts_that_shells_accept() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = succeeds(&home.run(&["completions", shell]));
        assert!(script.contains("reindex"), "{shell}");
        if matches!(shell, "bash" | "zsh" | "fish") {
            check_syntax(shell, &script);
        }
    }
}

/// Shells that are not installed have no opinion.
fn check_syntax(shell: &str, script: &str) {
    let run = Command::new(shell).arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = run else { return };
    child.stdin.take().expect("stdin is piped").write_all(script.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{shell}: {}", stderr(&output));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let home = Home::imported();
    let script = format!(
        "{} sessions --limit 100 | head -c 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_llm-proxy")
    );
    let output =
        Command::new("bash").args(["-c", &script]).env("HOME", home.0.path()).output().expect("bash runs");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
