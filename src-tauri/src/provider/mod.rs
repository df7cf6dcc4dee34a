//! Pure knowledge of each provider's API: no sockets, no files.

use serde::{Deserialize, Serialize};

/// Whose API a request speaks: the first segment of the proxy's URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `api.anthropic.com` and everything that speaks its Messages API.
    Anthropic,
    /// `api.openai.com` and everything that speaks Chat Completions or Responses.
    OpenAi,
    /// `generativelanguage.googleapis.com` and Code Assist.
    Gemini,
    /// Amazon Bedrock's own form, `/model/{id}/invoke…`.
    Bedrock,
}
