//! Sessions that were compressed: shown, found, gone on with, and made plain again, beside the running proxy.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{ask, of, responses, user};
use crate::support::harness::{Options, Proxy};
use crate::support::upstream::Upstream;

async fn told(proxy: &Proxy, arguments: &[&str]) -> Value {
    let output = proxy.command().args(arguments).arg("--json").output().await.expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The session files, by how their names end.
fn files(proxy: &Proxy, end: &str) -> Vec<PathBuf> {
    let children =
        |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let days = children(proxy.log_dir()).flat_map(children);
    let mut files: Vec<PathBuf> = days.flat_map(children).collect();
    files.retain(|file| file.to_string_lossy().ends_with(end));
    files
}

#[tokio::test]
async fn a_compressed_session_is_shown_found_and_gone_on_with() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let session = [("x-session-id", "3f1b0a52-0000-4000-8000-00000000000c")];
    let long = format!("needle {}", "of a long story ".repeat(2_000));
    ask(&proxy.url("anthropic", &upstream), &session, json!([user(&long)])).await;
    responses(&proxy, 1).await;
    // At its end all is in the index.
    proxy.stop().await;
    proxy.restart().await;
    let plain = files(&proxy, ".jsonl").pop().expect("a session");
    let before = std::fs::read(&plain).expect("readable");
    let shown = told(&proxy, &["show", "last"]).await;

    let done = told(&proxy, &["compress", "--older-than", "0"]).await;
    assert_eq!((&done["sessions"], &done["before_bytes"]), (&json!(1), &json!(before.len())), "{done}");
    assert_eq!((files(&proxy, ".jsonl").len(), files(&proxy, ".jsonl.zst").len()), (0, 1));
    assert_eq!(told(&proxy, &["show", "last"]).await, shown);
    let found = told(&proxy, &["search", "needle"]).await;
    assert_eq!(found["sessions"].as_array().map(Vec::len), Some(1), "{found}");

    ask(&proxy.url("anthropic", &upstream), &session, json!([user("more")])).await;
    let lines = responses(&proxy, 2).await;
    let numbers: Vec<&Value> = of(&lines, "request").iter().map(|line| &line["seq"]).collect();
    assert_eq!((of(&lines, "session_start").len(), numbers), (1, vec![&json!(1), &json!(2)]));
    assert!(std::fs::read(&plain).expect("plain again").starts_with(&before));

    proxy.stop().await;
    told(&proxy, &["compress", "--older-than", "0"]).await;
    assert_eq!((files(&proxy, ".jsonl").len(), files(&proxy, ".jsonl.zst").len()), (0, 1));
    let indexed = told(&proxy, &["reindex"]).await;
    assert_eq!((&indexed["sessions"], &indexed["exchanges"]), (&json!(1), &json!(2)));
    assert_eq!(told(&proxy, &["show", "last"]).await.as_array().map(Vec::len), Some(2));
    proxy.restart().await;
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("and more")])).await;
    assert_eq!(of(&responses(&proxy, 3).await, "session_start").len(), 1);

    told(&proxy, &["compress", "--older-than", "0"]).await;
    let undone = told(&proxy, &["compress", "--undo"]).await;
    assert_eq!((&undone["sessions"], &undone["problems"]), (&json!(1), &json!([])));
    assert_eq!((files(&proxy, ".jsonl").len(), files(&proxy, ".jsonl.zst").len()), (1, 0));
    assert_eq!(of(&proxy.logs(), "response").len(), 3);
    proxy.stop().await;
}

#[tokio::test]
async fn a_damaged_session_is_named_and_the_others_are_served() {
    let upstream = Upstream::start().await;
    let mut proxy = Proxy::start(Options::default()).await;
    let session = [("x-session-id", "3f1b0a52-0000-4000-8000-00000000000d")];
    ask(&proxy.url("anthropic", &upstream), &session, json!([user(&"a long story ".repeat(2_000))])).await;
    responses(&proxy, 1).await;
    proxy.stop().await;
    told(&proxy, &["compress", "--older-than", "0"]).await;
    let file = files(&proxy, ".jsonl.zst").pop().expect("a compressed session");
    std::fs::OpenOptions::new().write(true).open(&file).and_then(|file| file.set_len(100)).expect("writable");

    let output = proxy.command().args(["compress", "--undo"]).output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(!output.status.success() && said.contains(name.trim_end_matches(".zst")), "{said}");
    proxy.restart().await;
    ask(&proxy.url("anthropic", &upstream), &[], json!([user("something else")])).await;
    // The damaged session goes on, too: what cannot be read is put aside.
    ask(&proxy.url("anthropic", &upstream), &session, json!([user("more")])).await;
    responses(&proxy, 2).await;
    assert_eq!(files(&proxy, ".jsonl.zst.damaged").len(), 1);
    proxy.stop().await;
}
