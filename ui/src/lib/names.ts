// How clients and providers are shown.

import { visible } from "./visible";

const CLIENTS: Record<string, string> = {
  "claude-code": "Claude Code",
  codex: "Codex",
  "gemini-cli": "Gemini CLI",
  opencode: "opencode",
  aider: "aider",
  "openai-sdk-python": "OpenAI Python",
  "openai-sdk-ts": "OpenAI JS",
  "anthropic-sdk-python": "Anthropic Python",
  "anthropic-sdk-ts": "Anthropic JS",
  "google-genai": "Google GenAI",
  litellm: "LiteLLM",
};

/** A client as people know it; what is not known keeps its own name. */
export function clientName(name: string | null): string {
  return name ? (CLIENTS[name] ?? visible(name)) : "–";
}

/** The class of a provider's colour. */
export function providerClass(provider: string): string {
  const known = ["anthropic", "openai", "gemini", "bedrock"];
  return known.includes(provider) ? `provider-${provider}` : "provider-other";
}

/** A model's name without the date of its version, which the title of the cell has. */
export function modelName(model: string): string {
  return visible(model).replace(/^.*\//, "").replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, "");
}
