//! What a path asks for. The end of the path decides before the provider does, because gateways put
//! one vendor's API under another's name (`/openai/openrouter.ai/api/v1/messages`).

use serde::{Deserialize, Serialize};

use super::Provider;

/// What a request is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Kind {
    /// A model is to answer: a turn of a conversation.
    Chat,
    /// Fills the provider's cache before a turn. Its messages begin a conversation, its answer is empty.
    Prewarm,
    /// Counts the tokens of a conversation without an answer.
    CountTokens,
    /// Vectors of texts.
    Embeddings,
    /// Lists or describes models.
    Models,
    /// Stored files, uploads and batches.
    Files,
    /// Asks whether anything is there.
    Probe,
    /// Everything else.
    #[default]
    Other,
}

/// Whose body shapes are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// Anthropic's Messages, also on Bedrock and Vertex.
    Messages,
    /// OpenAI's Chat Completions, and the older Completions.
    ChatCompletions,
    /// OpenAI's Responses.
    Responses,
    /// Google's `generateContent`, also within Code Assist.
    Gemini,
}

/// All that a path tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) kind: Kind,
    /// The path, not the body, asks for a stream.
    pub(super) streams: bool,
    /// The model, where the path names it.
    pub(super) model: Option<String>,
}

/// Reads a path; a query does not matter.
pub(super) fn recognise(provider: Provider, path: &str) -> Call {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (last, action) = match segments.last().and_then(|last| last.split_once(':')) {
        Some((last, action)) => (last, action),
        None => (segments.last().copied().unwrap_or_default(), ""),
    };
    let (api, kind) = by_action(action)
        .or_else(|| by_segments(&segments, last))
        .unwrap_or_else(|| (own_api(provider), other_kind(&segments, last)));
    Call {
        api,
        kind,
        streams: action.starts_with("stream") || last == "invoke-with-response-stream",
        model: model(&segments),
    }
}

/// Google's custom methods, after a colon.
fn by_action(action: &str) -> Option<(Api, Kind)> {
    Some(match action {
        "generateContent" | "streamGenerateContent" => (Api::Gemini, Kind::Chat),
        "countTokens" => (Api::Gemini, Kind::CountTokens),
        "embedContent" | "batchEmbedContents" | "asyncBatchEmbedContent" => (Api::Gemini, Kind::Embeddings),
        // Claude on Vertex.
        "rawPredict" | "streamRawPredict" => (Api::Messages, Kind::Chat),
        _ => return None,
    })
}

fn by_segments(segments: &[&str], last: &str) -> Option<(Api, Kind)> {
    let before = segments.len().checked_sub(2).map_or("", |at| segments[at]);
    Some(match (before, last) {
        (_, "messages") if before != "threads" => (Api::Messages, Kind::Chat),
        ("messages", "count_tokens") => (Api::Messages, Kind::CountTokens),
        (_, "invoke" | "invoke-with-response-stream") => (Api::Messages, Kind::Chat),
        (_, "completions") => (Api::ChatCompletions, Kind::Chat),
        (_, "responses") | ("responses", "compact") => (Api::Responses, Kind::Chat),
        ("responses", "input_tokens") => (Api::Responses, Kind::CountTokens),
        _ => return None,
    })
}

fn other_kind(segments: &[&str], last: &str) -> Kind {
    let has = |name: &str| segments.contains(&name);
    match last {
        "" | "hello" | "health" | "healthz" | "ping" => Kind::Probe,
        "embeddings" => Kind::Embeddings,
        "count-tokens" => Kind::CountTokens,
        _ if has("files") || has("uploads") || has("batches") => Kind::Files,
        _ if segments.iter().rev().take(2).any(|segment| *segment == "models") => Kind::Models,
        _ => Kind::Other,
    }
}

fn own_api(provider: Provider) -> Api {
    match provider {
        Provider::Anthropic | Provider::Bedrock => Api::Messages,
        Provider::OpenAi => Api::ChatCompletions,
        Provider::Gemini => Api::Gemini,
    }
}

/// `models/M:action` (Gemini, Vertex), `model/M/invoke` (Bedrock), `deployments/M/…` (Azure).
fn model(segments: &[&str]) -> Option<String> {
    let at = segments.iter().rposition(|segment| matches!(*segment, "models" | "model" | "deployments"))?;
    let name = segments.get(at + 1)?;
    let name = name.split(':').next().filter(|_| segments[at] == "models").unwrap_or(name);
    // Bedrock's names hold colons and slashes, and its SDKs escape them.
    let name = name.replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_they_ask_for() {
        use Provider::{Anthropic, Bedrock, Gemini, OpenAi};
        let cases = [
            (Anthropic, "/v1/messages?beta=true", Api::Messages, Kind::Chat),
            (Anthropic, "/anthropic/v1/messages", Api::Messages, Kind::Chat),
            (Anthropic, "/v1/messages/count_tokens", Api::Messages, Kind::CountTokens),
            (Anthropic, "/v1/messages/batches", Api::Messages, Kind::Files),
            (Anthropic, "/v1/models", Api::Messages, Kind::Models),
            (Anthropic, "/", Api::Messages, Kind::Probe),
            (Anthropic, "/api/hello", Api::Messages, Kind::Probe),
            (Anthropic, "/v1/projects/p/models/claude:streamRawPredict", Api::Messages, Kind::Chat),
            (Bedrock, "/model/anthropic.claude/invoke-with-response-stream", Api::Messages, Kind::Chat),
            (OpenAi, "/v1/chat/completions", Api::ChatCompletions, Kind::Chat),
            (OpenAi, "/openai/deployments/d/chat/completions", Api::ChatCompletions, Kind::Chat),
            (OpenAi, "/v1/responses", Api::Responses, Kind::Chat),
            (OpenAi, "/backend-api/codex/responses", Api::Responses, Kind::Chat),
            (OpenAi, "/v1/responses/resp_1", Api::ChatCompletions, Kind::Other),
            (OpenAi, "/api/v1/messages", Api::Messages, Kind::Chat),
            (OpenAi, "/v1/embeddings", Api::ChatCompletions, Kind::Embeddings),
            (OpenAi, "/v1/models/gpt-5.2", Api::ChatCompletions, Kind::Models),
            (OpenAi, "/v1/files/f/content", Api::ChatCompletions, Kind::Files),
            (OpenAi, "/backend-api/wham/usage", Api::ChatCompletions, Kind::Other),
            (Gemini, "/v1beta/models/m:streamGenerateContent?alt=sse", Api::Gemini, Kind::Chat),
            (Gemini, "/v1internal:streamGenerateContent", Api::Gemini, Kind::Chat),
            (Gemini, "/v1internal:loadCodeAssist", Api::Gemini, Kind::Other),
            (Gemini, "/v1/models/m:countTokens", Api::Gemini, Kind::CountTokens),
            (Gemini, "/v1/models/m:batchEmbedContents", Api::Gemini, Kind::Embeddings),
        ];
        for (provider, path, api, kind) in cases {
            let call = recognise(provider, path);
            assert_eq!((call.api, call.kind), (api, kind), "{path}");
        }
    }

    #[test]
    fn models_and_streams_are_read_off_paths() {
        let cases = [
            ("/v1beta/models/gemini-2.5-pro:streamGenerateContent", Some("gemini-2.5-pro"), true),
            ("/v1beta/models/gemini-2.5-pro:generateContent", Some("gemini-2.5-pro"), false),
            ("/model/us.anthropic.claude-v1%3A0/invoke", Some("us.anthropic.claude-v1:0"), false),
            (
                "/model/us.anthropic.claude-v1:0/invoke-with-response-stream",
                Some("us.anthropic.claude-v1:0"),
                true,
            ),
            ("/openai/deployments/mine/chat/completions", Some("mine"), false),
            ("/v1/models", None, false),
            ("/v1internal:streamGenerateContent", None, true),
            ("", None, false),
        ];
        for (path, model, streams) in cases {
            let call = recognise(Provider::Gemini, path);
            assert_eq!((call.model.as_deref(), call.streams), (model, streams), "{path}");
        }
    }
}
