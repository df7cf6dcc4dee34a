//! The command line, end to end: what it prints, where, and how it exits.

mod logs;
mod running;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

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

    fn path(&self) -> &Path {
        self.0.path()
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
    fails(&home.run(&["--setup"]), 1, "llm-proxy setup shell");
    fails(&home.run(&["--setup-shell"]), 1, "no startup file");
    fails(&home.run(&["--uninstall"]), 1, "startup file");
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
