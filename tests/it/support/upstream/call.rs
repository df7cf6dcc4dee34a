//! A request as the answers read it: who asks, in which scenario, for the how manieth time.

use bytes::Bytes;
use http::{HeaderMap, Uri, request::Parts};
use serde_json::Value;

use super::scenario::Scenario;
use super::seen::Place;

/// Whose shape of errors and headers an answer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Anthropic,
    OpenAi,
    Gemini,
}

/// Everything an answer depends on.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) dialect: Dialect,
    pub(super) scenario: Scenario,
    /// 1 for the first request of its kind.
    pub(super) attempt: usize,
    /// The part of the path below `/scenario/NAME/KEY`.
    pub(super) path: String,
    pub(super) query: String,
    /// The body as JSON, `null` when it is none.
    pub(super) json: Value,
    pub(super) body: Bytes,
    pub(super) place: Place,
}

impl Call {
    /// Reads a request whose body has arrived; fails with a sentence when it names no known scenario.
    pub(super) fn read(head: &Parts, body: Bytes, place: Place) -> Result<Self, String> {
        let (key, path) = split_key(&head.uri);
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let name = key.split('/').next().filter(|name| !name.is_empty());
        let scenario = match name.or_else(|| model_scenario(&json, path)) {
            Some(name) => Scenario::named(name).ok_or_else(|| format!("no scenario is called '{name}'"))?,
            None => Scenario::Plain,
        };
        let attempt = place.count_attempt(identity(key, &head.headers, &json));
        let dialect = dialect(&head.headers, path);
        let (path, query) = (path.to_owned(), head.uri.query().unwrap_or_default().to_owned());
        Ok(Self { dialect, scenario, attempt, path, query, json, body, place })
    }

    /// Whether the client asked for a stream, in the body or by the path (Gemini).
    pub(super) fn wants_stream(&self) -> bool {
        self.json["stream"] == true || self.path.contains(":streamGenerateContent")
    }

    /// An id that is the same in every run: ids are compared too.
    pub(super) fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{:?}_{}", self.scenario, self.attempt)
    }

    /// The model asked for.
    pub(super) fn model(&self) -> &str {
        self.json["model"].as_str().unwrap_or("scripted-model")
    }
}

/// `NAME/KEY` and the rest of `/scenario/NAME/KEY/rest`; no key when the path has no such beginning.
pub(super) fn split_key(uri: &Uri) -> (&str, &str) {
    let path = uri.path();
    let Some(below) = path.strip_prefix("/scenario/") else { return ("", path) };
    match below.match_indices('/').nth(1) {
        Some((slash, _)) => below.split_at(slash),
        None => (below, "/"),
    }
}

/// `NAME` of a model called `scenario-NAME` or `scenario-NAME--anything`.
fn model_scenario<'a>(json: &'a Value, path: &'a str) -> Option<&'a str> {
    let in_path = || path.split_once("/models/").and_then(|(_, model)| model.split(':').next());
    let model = json["model"].as_str().or_else(in_path)?;
    let name = model.strip_prefix("scenario-")?;
    Some(name.split("--").next().unwrap_or(name))
}

/// Requests with the same identity are attempts at the same thing.
fn identity(key: &str, headers: &HeaderMap, json: &Value) -> String {
    let credential = ["x-api-key", "x-goog-api-key", "authorization"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .unwrap_or_default();
    format!("{key} {credential} {}", json["model"])
}

fn dialect(headers: &HeaderMap, path: &str) -> Dialect {
    if headers.contains_key("anthropic-version") || path.starts_with("/v1/messages") {
        Dialect::Anthropic
    } else if path.starts_with("/v1beta/") || headers.contains_key("x-goog-api-key") {
        Dialect::Gemini
    } else {
        Dialect::OpenAi
    }
}
