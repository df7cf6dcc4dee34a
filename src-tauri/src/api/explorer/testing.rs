//! A home with logs, and the questions put to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::types::ChangeNote;
use super::{CallError, Front, Host, answer};
use crate::api::action;
use crate::api::query::Archive;
use crate::config::{Environment, Flags, Paths};
use crate::model::Timestamp;
use crate::record::redact::Redactor;

/// A process that can nothing.
struct Bare(broadcast::Sender<ChangeNote>);

impl Host for Bare {
    fn changes(&self) -> broadcast::Receiver<ChangeNote> {
        self.0.subscribe()
    }
}

/// A user's home, with an explorer in front of it.
pub(super) struct Home {
    folder: tempfile::TempDir,
    pub(super) front: Front,
}

impl Home {
    /// Nothing was logged.
    pub(super) fn empty() -> Self {
        Self::with_variables(&[])
    }

    pub(super) fn with_variables(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = ("HOME", folder.path().to_str().unwrap());
        let environment = Environment::from_pairs([home].into_iter().chain(variables.iter().copied()));
        let front = Front {
            archive: Archive::open(&folder.path().join("logs")),
            host: Arc::new(Bare(broadcast::channel(1).0)),
            paths: Paths::of(&environment).unwrap(),
            flags: Flags::default(),
            environment,
        };
        Self { folder, front }
    }

    /// What the Go llm-proxy logged, imported.
    pub(super) async fn imported() -> Self {
        let home = Self::empty();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-logs");
        action::import(&fixtures, &home.logs(), Redactor::new([1; 32], true)).await.unwrap();
        home
    }

    /// These sessions, each by its lines, indexed.
    pub(super) async fn logged(sessions: &[Vec<Value>]) -> Self {
        let home = Self::empty();
        for lines in sessions {
            let id = lines[0]["_meta"]["session"].as_str().unwrap();
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            home.write(&format!("logs/h.example/2026-11-23/{id}.jsonl"), &text);
        }
        action::reindex(&home.logs()).await.unwrap();
        home
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.path("logs")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        crate::config::private_file::write_atomically(&self.path(name), text.as_bytes()).unwrap();
    }

    /// Asks as the window does.
    pub(super) async fn ask(&self, name: &str, args: Value) -> Result<Value, CallError> {
        let call = if args.is_null() { json!({"name": name}) } else { json!({"name": name, "args": args}) };
        answer(&self.front, call).await
    }

    /// The same, for what has an answer.
    pub(super) async fn told(&self, name: &str, args: Value) -> Value {
        self.ask(name, args.clone()).await.unwrap_or_else(|error| panic!("{name} {args}: {error:?}"))
    }
}

/// The id of a session of [`Home::logged`].
pub(super) fn session_id(number: u32) -> String {
    format!("20261123-030829-{number:08x}")
}

fn meta(session: u32, id: Option<&str>, second: u32) -> Value {
    let (minutes, seconds) = (second / 60, second % 60);
    let ts = format!("2026-11-23T03:{minutes:02}:{seconds:02}Z");
    let mut meta = json!({"host": "h.example", "machine": "m", "session": session_id(session), "ts": ts});
    if let Some(id) = id {
        meta["request_id"] = id.into();
    }
    meta
}

pub(super) fn start(session: u32) -> Value {
    json!({"_meta": meta(session, None, 0), "format": 1, "provider": "anthropic", "upstream": "h.example",
        "type": "session_start"})
}

/// The request `seq`, begun in that second after three, with these messages of user and assistant in turn.
pub(super) fn request(session: u32, seq: u32, model: &str, said: &[&str]) -> Value {
    let roles = ["user", "assistant"].into_iter().cycle();
    let messages: Vec<Value> =
        said.iter().zip(roles).map(|(text, role)| json!({"role": role, "content": text})).collect();
    json!({"_meta": meta(session, Some(&format!("r{session}-{seq}")), seq),
        "body": json!({"model": model, "messages": messages}).to_string(),
        "headers": {"Content-Type": ["application/json; charset=utf-8"], "User-Agent": ["claude-cli/2.1.0 (x)"]},
        "method": "POST", "path": "/v1/messages", "query": "beta=true", "seq": seq, "size": 100, "type": "request"})
}

/// The line, written now.
pub(super) fn now(mut line: Value) -> Value {
    line["_meta"]["ts"] = json!(Timestamp::now());
    line
}

/// Its response, of ten input and five output tokens.
pub(super) fn response(session: u32, seq: u32, status: u16, text: &str) -> Value {
    let body = json!({"type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 10, "output_tokens": 5}});
    json!({"_meta": meta(session, Some(&format!("r{session}-{seq}")), seq + 1), "body": body.to_string(),
        "complete": true, "end": "ok", "headers": {"Content-Type": ["application/json"]}, "seq": seq, "size": 200,
        "status": status, "timing": {"ttfb_ms": 100 * seq, "total_ms": 1000}, "type": "response"})
}
