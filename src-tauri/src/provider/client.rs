//! Which program sent a request, by what it says of itself.

use serde::{Deserialize, Serialize};

use super::Header;

/// Longer names and versions are cut: they become labels.
const MAX_CHARS: usize = 64;

/// A client program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Client {
    /// `claude-code`, `codex`, `openai-sdk-python`…; a program that is not known by its own product
    /// name; empty when it gave none.
    pub name: String,
    /// Its version as it writes it.
    pub version: Option<String>,
}

/// Products by the beginning of their lower-case user agent, and the names they go by here.
const PRODUCTS: [(&str, &str); 21] = [
    ("claude-cli/", "claude-code"),
    ("claude-code/", "claude-code"),
    ("codex", "codex"),
    ("geminicli", "gemini-cli"),
    ("opencode/", "opencode"),
    ("aider", "aider"),
    ("litellm/", "litellm"),
    ("anthropic/python", "anthropic-sdk-python"),
    ("asyncanthropic/python", "anthropic-sdk-python"),
    ("anthropicbedrock/python", "anthropic-sdk-python"),
    ("asyncanthropicbedrock/python", "anthropic-sdk-python"),
    ("anthropicvertex/python", "anthropic-sdk-python"),
    ("asyncanthropicvertex/python", "anthropic-sdk-python"),
    ("anthropic/js", "anthropic-sdk-ts"),
    ("openai/python", "openai-sdk-python"),
    ("asyncopenai/python", "openai-sdk-python"),
    ("azureopenai/python", "openai-sdk-python"),
    ("asyncazureopenai/python", "openai-sdk-python"),
    ("openai/js", "openai-sdk-ts"),
    ("google-genai-sdk/", "google-genai"),
    ("curl/", "curl"),
];

impl Client {
    /// Reads the headers in which clients introduce themselves. An application's own header counts
    /// more than the user agent of the SDK that it was built with.
    pub(super) fn read(header: Header<'_>) -> Self {
        let agent = header("user-agent").unwrap_or_default();
        let mut client = by_user_agent(agent);
        if let Some(application) = by_application_header(header)
            && application != client.name
        {
            client = Self { name: application.to_owned(), version: None };
        }
        client
    }
}

fn by_application_header(header: Header<'_>) -> Option<&'static str> {
    if header("originator").is_some_and(|origin| origin.to_ascii_lowercase().starts_with("codex")) {
        return Some("codex");
    }
    // OpenRouter's way for an application to name itself.
    if header("x-title").is_some_and(|title| title.eq_ignore_ascii_case("aider")) {
        return Some("aider");
    }
    header("x-claude-code-session-id")
        .or_else(|| header("x-app").filter(|app| matches!(*app, "cli" | "cli-bg")))
        .map(|_| "claude-code")
}

fn by_user_agent(agent: &str) -> Client {
    let lower = agent.to_ascii_lowercase();
    let known = PRODUCTS.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, name)| *name);
    let (product, rest) = agent.split_once('/').unwrap_or((agent, ""));
    let product = product.split_whitespace().next().unwrap_or_default();
    // `OpenAI/Python 3.54.0` has its version after a space, all others right after the slash.
    let is_sdk = known.is_some_and(|name| name.contains("-sdk-"));
    let version = rest.split([' ', '/', ';', '(']).nth(usize::from(is_sdk)).unwrap_or_default();
    Client {
        name: short(known.unwrap_or(product)),
        version: Some(short(version)).filter(|version| !version.is_empty()),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> (String, String) {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let client = Client::read(&|name| {
            headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        });
        (client.name, client.version.unwrap_or_default())
    }

    #[test]
    fn user_agents_seen_on_the_wire() {
        let cases = [
            ("claude-cli/2.1.330 (external, sdk-cli)", "claude-code", "2.1.330"),
            ("codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb (x)", "codex", "0.169.0"),
            ("codex_cli_rs/0.98.0 (Mac OS 15.0; arm64)", "codex", "0.98.0"),
            ("GeminiCLI-tui/0.61.0/gemini-2.5-pro (linux; x64; terminal)", "gemini-cli", "0.61.0"),
            ("opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14", "opencode", "1.18.33"),
            ("litellm/1.81.10", "litellm", "1.81.10"),
            ("Anthropic/Python 2.12.0", "anthropic-sdk-python", "2.12.0"),
            ("AsyncAnthropic/Python 2.12.0", "anthropic-sdk-python", "2.12.0"),
            ("Anthropic/JS 1.12.0", "anthropic-sdk-ts", "1.12.0"),
            ("OpenAI/Python 3.54.0", "openai-sdk-python", "3.54.0"),
            ("AsyncOpenAI/Python 3.54.0", "openai-sdk-python", "3.54.0"),
            ("OpenAI/JS 7.57.0", "openai-sdk-ts", "7.57.0"),
            ("google-genai-sdk/3.4.0 gl-python/3.11.7", "google-genai", "3.4.0"),
            ("curl/7.88.1", "curl", "7.88.1"),
            ("MyAgent/1.0 (x)", "MyAgent", "1.0"),
            ("plain words", "plain", ""),
            ("", "", ""),
        ];
        for (agent, name, version) in cases {
            assert_eq!(read(&[("user-agent", agent)]), (name.into(), version.into()), "{agent}");
        }
    }

    #[test]
    fn an_application_counts_more_than_its_sdk() {
        let sdk = ("user-agent", "OpenAI/Python 2.20.0");
        assert_eq!(read(&[sdk, ("x-title", "Aider")]).0, "aider");
        assert_eq!(read(&[sdk, ("originator", "codex_exec")]).0, "codex");
        let claude = ("user-agent", "claude-cli/2.1.330 (external, cli)");
        assert_eq!(read(&[claude, ("x-app", "cli")]), ("claude-code".into(), "2.1.330".into()));
        assert_eq!(read(&[("x-app", "cli-bg")]).0, "claude-code");
        assert_eq!(read(&[sdk, ("x-app", "mine")]).0, "openai-sdk-python");
    }

    #[test]
    fn names_stay_short() {
        assert_eq!(read(&[("user-agent", &"ü".repeat(1000))]).0.chars().count(), MAX_CHARS);
    }
}
