use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::api::action;
use crate::record::redact::Redactor;

/// A log folder with the fixtures of the Go llm-proxy, imported and indexed.
async fn imported() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-logs");
    let imported =
        action::import(&fixtures, &home.path().join("logs"), Redactor::new([1; 32], true)).await.unwrap();
    assert_eq!((imported.files, imported.index.sessions, imported.index.exchanges), (20, 20, 22));
    home
}

fn archive(home: &tempfile::TempDir) -> Archive {
    Archive::open(&home.path().join("logs"))
}

#[tokio::test]
async fn without_an_index_the_files_tell_the_same() {
    let home = imported().await;
    let indexed = archive(&home).sessions(100).await.unwrap();
    assert_eq!((indexed.sessions.len(), indexed.without_index), (20, None));
    fs::remove_file(home.path().join("logs/sessions.db")).unwrap();
    let walked = archive(&home).sessions(100).await.unwrap();
    assert_eq!(walked.without_index.as_deref(), Some("there is no sessions.db"));
    assert_eq!(walked.sessions, indexed.sessions);
}

#[tokio::test]
async fn any_file_in_the_place_of_the_index_is_survived() {
    let home = imported().await;
    let index = home.path().join("logs/sessions.db");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-logs/sessions.db");
    for content in [b"garbage".to_vec(), Vec::new(), fs::read(fixture).unwrap()] {
        File::create(&index).unwrap().write_all(&content).unwrap();
        let listed = archive(&home).sessions(5).await.unwrap();
        assert_eq!(listed.sessions.len(), 5);
        assert!(listed.without_index.is_some());
        assert!(archive(&home).clients().await.is_err());
        assert_eq!(fs::read(&index).unwrap(), content, "reading changes nothing");
    }
}

#[tokio::test]
async fn a_session_is_found_by_id_by_its_beginning_and_as_the_last() {
    let home = imported().await;
    let archive = archive(&home);
    let whole = archive.session("20261123-030835-0f69ebdc").await.unwrap();
    assert_eq!(archive.session("20261123-030835-0").await.unwrap(), whole);
    assert_eq!(whole.turns.len(), 3);
    let last = archive.sessions(1).await.unwrap().sessions.remove(0).id;
    assert_eq!(archive.session("last").await.unwrap().summary.id, last);
    assert!(
        matches!(archive.session("20261123-030835").await, Err(QueryError::Ambiguous { candidates, .. }) if candidates.len() == 2)
    );
    for wanted in ["", "nonsense", "../../etc/passwd", "20261123-030835-0f69ebdcc"] {
        let error = archive.session(wanted).await.unwrap_err();
        assert!(matches!(error, QueryError::NoSuchSession { .. } | QueryError::Ambiguous { .. }), "{wanted}");
    }
}

#[tokio::test]
async fn every_session_of_the_go_program_can_be_shown() {
    let home = imported().await;
    let archive = archive(&home);
    for session in archive.sessions(100).await.unwrap().sessions {
        let view = archive.session(session.id.as_str()).await.unwrap();
        assert_eq!((view.turns.len() as u64, view.bad_lines), (session.requests, 0));
        assert_eq!(view.summary, session);
    }
}

#[tokio::test]
async fn an_empty_folder_has_no_sessions() {
    let home = tempfile::tempdir().unwrap();
    let archive = archive(&home);
    assert_eq!(archive.sessions(10).await.unwrap().sessions, []);
    assert!(matches!(archive.session("last").await, Err(QueryError::NoSessions)));
    assert!(!home.path().join("logs").exists());
}

#[tokio::test]
async fn damaged_lines_are_counted_and_a_torn_end_is_waited_for() {
    let home = imported().await;
    let file = archive(&home).session("20261123-030835-0f").await.unwrap().summary.file;
    let path = home.path().join("logs").join(file);
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"not json\n{\"_meta\":{\"ho").unwrap();
    let view = archive(&home).session("20261123-030835-0f").await.unwrap();
    assert_eq!((view.turns.len(), view.bad_lines), (3, 1));
}

#[tokio::test]
async fn a_session_runs_while_a_request_of_the_last_day_has_no_response() {
    let now_ms = Timestamp::now().unix_ms();
    for (hours_ago, runs) in [(1, true), (25, false)] {
        let home = tempfile::tempdir().unwrap();
        let day = home.path().join("logs/api.anthropic.com/2026-11-23");
        fs::create_dir_all(&day).unwrap();
        let ts = Timestamp::from_unix_ms(now_ms - hours_ago * 60 * 60 * 1000);
        let meta = format!(
            r#""_meta":{{"host":"api.anthropic.com","machine":"m","session":"20261123-030829-6f9842fe","ts":"{ts}"}}"#
        );
        let line = format!(
            r#"{{{meta},"body":"{{}}","headers":{{}},"method":"POST","path":"/v1/messages","seq":1,"size":2,"type":"request"}}"#
        );
        let mut file = File::create(day.join("20261123-030829-6f9842fe.jsonl")).unwrap();
        writeln!(file, "{line}").unwrap();
        action::reindex(&home.path().join("logs")).await.unwrap();
        let listed = archive(&home).sessions(1).await.unwrap();
        assert_eq!((listed.sessions[0].running, listed.without_index), (runs, None), "{hours_ago} hours ago");
        let view = archive(&home).session("last").await.unwrap();
        assert_eq!(view.summary, listed.sessions[0]);
    }
}
