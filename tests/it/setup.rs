//! Shells that were set up, end to end: real shells, a proxy that runs, hangs or is gone, and set-ups that
//! are killed or find no room.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::harness::{Options, Proxy};

/// `npm test` installs them. Each with the file that it reads.
const SHELLS: [(&str, &str); 3] = [
    ("bash", ".config/llm-proxy/env.sh"),
    ("zsh", ".config/llm-proxy/env.sh"),
    ("fish", ".config/fish/conf.d/llm-proxy.fish"),
];

/// What the shells had before. Debian's `.bashrc` begins like this one.
const FILES: [(&str, &str); 4] = [
    (".bashrc", "case $- in\n    *i*) ;;\n      *) return;;\nesac\nexport MINE=1"),
    (".profile", "if [ -n \"$BASH_VERSION\" ]; then\n    . \"$HOME/.bashrc\"\nfi\n"),
    (".zshrc", "set -u\nexport MINE=1\n"),
    (".config/fish/config.fish", "set -gx MINE 1\n"),
];

const SHOW: &str = "env | grep -E '^(ANTHROPIC|OPENAI)_BASE_URL=|^_llm' | sort";

const OURS: [(&str, &str); 2] = [
    ("ANTHROPIC_BASE_URL", "http://127.0.0.1:1/anthropic/api.anthropic.com"),
    ("OPENAI_BASE_URL", "http://127.0.0.1:1/openai/api.openai.com/v1"),
];

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    File::create(path).and_then(|mut file| file.write_all(text.as_bytes())).expect("writable");
}

fn write_files(home: &Path) {
    FILES.iter().for_each(|(name, text)| put(&home.join(name), text));
}

/// The startup files as they are.
fn files(home: &Path) -> Vec<(String, String)> {
    let read =
        |(name, _): &(&str, &str)| ((*name).to_owned(), fs::read_to_string(home.join(name)).expect("a text"));
    FILES.iter().map(read).collect()
}

fn originals() -> Vec<(String, String)> {
    FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-proxy"));
    command.env_clear().env("HOME", home).env("SHELL", "/bin/sh").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[track_caller]
fn succeeds(home: &Path, arguments: &[&str]) -> String {
    let output = program(home, arguments).output().expect("the built binary runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// An interactive shell of this home, with these variables, run to its end.
fn shell(name: &str, flags: &[&str], home: &Path, variables: &[(&str, &str)], script: &str) -> Output {
    let mut command = Command::new(name);
    command.env_clear().env("HOME", home).env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TERM", "dumb");
    command.envs(variables.iter().copied()).args(flags).args(["-c", script]);
    let output = command.current_dir(home).stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{name} cannot be run ({error}): `npm test` installs it"))
}

/// What the shell shows, and what it complains of. Without a terminal bash says so, with its process id.
fn shown(output: &Output) -> (String, String) {
    assert!(output.status.success(), "{output:?}");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let complaint = text(&output.stderr).chars().filter(|letter| !letter.is_ascii_digit()).collect();
    (text(&output.stdout), complaint)
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("the proxy runs");
}

/// Checks every shell, login or not: the two variables, and not a word more than without a set-up.
#[track_caller]
fn shells_have(home: &Path, given: &[(&str, &str)], expected: &str) {
    let bare = tempfile::tempdir().expect("a temporary directory");
    write_files(bare.path());
    for (name, _) in SHELLS {
        for flags in [&["-i"][..], &["-l", "-i"]] {
            let (text, complaint) = shown(&shell(name, flags, home, given, SHOW));
            let (_, usual) = shown(&shell(name, flags, bare.path(), given, SHOW));
            assert_eq!((text.as_str(), complaint), (expected, usual), "{name} {flags:?} with {given:?}");
        }
        let (text, _) = shown(&shell(name, &[], home, &[], SHOW));
        assert_eq!(text, "", "{name} is not interactive");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_shells_start_with_the_proxy_up_hung_killed_and_stopped() {
    let mut proxy = Proxy::start(Options::default()).await;
    let home = proxy.home().to_owned();
    write_files(&home);
    succeeds(&home, &["--setup-shell"]);
    let lines = |port: u16| {
        format!(
            "ANTHROPIC_BASE_URL=http://127.0.0.1:{port}/anthropic/api.anthropic.com\n\
             OPENAI_BASE_URL=http://127.0.0.1:{port}/openai/api.openai.com/v1\n"
        )
    };
    let up = lines(proxy.addr().port());
    let mine = [("ANTHROPIC_BASE_URL", "http://127.0.0.1:8080/mine"), ("OPENAI_BASE_URL", "")];
    let kept = "ANTHROPIC_BASE_URL=http://127.0.0.1:8080/mine\nOPENAI_BASE_URL=\n";
    shells_have(&home, &[], &up);
    shells_have(&home, &OURS, &up);
    shells_have(&home, &mine, kept);

    signal(proxy.pid(), Signal::STOP);
    shells_have(&home, &[], &up);
    proxy.kill().await;
    assert!(home.join(".local/state/llm-proxy/pid").exists(), "a killed proxy removes nothing");
    shells_have(&home, &[], "");
    shells_have(&home, &OURS, "");
    shells_have(&home, &mine, kept);

    proxy.restart().await;
    shells_have(&home, &OURS, &lines(proxy.addr().port()));
    proxy.stop().await;
    assert!(!home.join(".local/state/llm-proxy/pid").exists());
    shells_have(&home, &OURS, "");

    for garbage in ["", "0\n", "x\n", "-1\n", "99999999999999999999\n", "1 2\n"] {
        put(&home.join(".local/state/llm-proxy/port"), "1\n");
        put(&home.join(".local/state/llm-proxy/pid"), garbage);
        shells_have(&home, &OURS, "");
    }
    succeeds(&home, &["setup", "shell", "--undo"]);
    assert_eq!(files(&home), originals());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_starts_less_than_five_milliseconds_later() {
    const TIMES: u32 = 100;
    let proxy = Proxy::start(Options::default()).await;
    write_files(proxy.home());
    succeeds(proxy.home(), &["setup", "shell"]);
    for hung in [false, true] {
        if hung {
            signal(proxy.pid(), Signal::STOP);
        }
        for (name, file) in SHELLS {
            // Many times in one shell: how long a shell itself takes differs by more than the limit.
            let repeat = match name {
                "fish" => format!("for i in (seq {TIMES}); source ~/{file}; end"),
                _ => format!("i=0; while [ $i -lt {TIMES} ]; do . ~/{file}; i=$((i+1)); done"),
            };
            let time = |script: &str| {
                let begun = Instant::now();
                shown(&shell(name, &["-i"], proxy.home(), &[], script));
                begun.elapsed()
            };
            let once = (0..3).map(|_| time("true")).min().unwrap_or_default();
            let added = (0..3).map(|_| time(&repeat)).min().unwrap_or_default().saturating_sub(once) / TIMES;
            assert!(added < Duration::from_millis(5), "{name}: {added:?}, hung: {hung}");
        }
    }
    signal(proxy.pid(), Signal::CONT);
}

/// Dies at any moment, and each time the user's text is whole, with the block or without, and the next undo
/// leaves nothing.
#[test]
fn a_set_up_that_is_killed_breaks_nothing() {
    let home = tempfile::tempdir().expect("a temporary directory");
    write_files(home.path());
    let begun = Instant::now();
    succeeds(home.path(), &["setup", "shell"]);
    let usual = begun.elapsed();
    succeeds(home.path(), &["setup", "shell", "--undo"]);
    let clean = names(home.path());
    let mut endings = BTreeMap::new();
    for round in 0..100 {
        let arguments: &[&str] =
            if round % 2 == 0 { &["setup", "shell"] } else { &["setup", "shell", "--undo"] };
        let mut child = program(home.path(), arguments).spawn().expect("the built binary runs");
        let begun = Instant::now();
        while begun.elapsed() < usual * round / 100 {
            std::hint::spin_loop();
        }
        // It may have ended already.
        let _gone = child.kill();
        let killed = child.wait().expect("our child").code().is_none();
        *endings.entry(killed).or_insert(0) += 1;
        for ((name, text), (_, original)) in files(home.path()).iter().zip(originals()) {
            let rest = text.strip_prefix(&original).unwrap_or_else(|| panic!("{name}: {text}")).trim_start();
            assert!(rest.is_empty() || rest.lines().count() == 3, "{name}: {text}");
        }
        if round % 5 == 4 {
            succeeds(home.path(), &["setup", "shell", "--undo"]);
            assert_eq!(
                (files(home.path()), names(home.path())),
                (originals(), clean.clone()),
                "round {round}"
            );
        }
    }
    assert!(endings.get(&true).is_some_and(|killed| *killed >= 10), "{endings:?}");
}

/// The names of all files and folders, but those in the state folder.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with(".local") {
            found.extend(names(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

/// A home that is full, or cannot be written to: the startup file stays, and the exit code says it.
#[test]
fn without_room_the_startup_file_stays_as_it_is() {
    for hindrance in ["head -c 1M /dev/zero > \"$HOME/full\" || :", "mount -o remount,ro \"$HOME\""] {
        let home = tempfile::tempdir().expect("a temporary directory");
        let script = format!(
            "mount -t tmpfs -o size=64k,mode=700 tmpfs \"$HOME\"; echo mine > \"$HOME/.bashrc\"; {{ {hindrance}; }} 2> /dev/null\n\
             code=0; \"$0\" setup shell > /dev/null 2>&1 || code=$?\n\
             cat \"$HOME/.bashrc\"; ls -A \"$HOME\" | grep bashrc; echo $code"
        );
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-ec",
            &script,
            env!("CARGO_BIN_EXE_llm-proxy"),
        ]);
        let output = command.env("HOME", home.path()).output().expect("unshare runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(text, "mine\n.bashrc\n1\n", "{hindrance}: {output:?}");
    }
}

#[test]
fn what_is_done_is_said_and_a_dry_run_does_nothing() {
    let home = tempfile::tempdir().expect("a temporary directory");
    write_files(home.path());
    let before = names(home.path());
    assert!(
        succeeds(home.path(), &["setup", "shell", "--dry-run"])
            .contains(".zshrc: three lines would be added")
    );
    assert_eq!(names(home.path()), before);
    assert!(succeeds(home.path(), &["setup", "shell"]).contains(".zshrc: three lines added at the end\n"));
    assert!(succeeds(home.path(), &["setup", "shell"]).contains(".zshrc: is set up already\n"));
    let zshrc = home.path().join(".zshrc");
    let edited = fs::read_to_string(&zshrc).expect("a text").replace("then .", "then echo; .");
    put(&zshrc, &edited);
    let refused =
        program(home.path(), &["setup", "shell", "--undo"]).output().expect("the built binary runs");
    let text = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains(".bashrc: three lines taken out\n") && text.contains("\n    + if ["), "{text}");
    assert_eq!(fs::read_to_string(&zshrc).expect("a text"), edited);
}
