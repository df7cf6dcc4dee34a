// A request as a line for the shell.

/** What goes into it. */
export interface CurlRequest {
  method: string;
  upstream: string;
  path: string;
  query: string | null;
  headers: Record<string, string[] | undefined>;
  body: string;
}

/** Headers that curl writes itself, or that only belonged to that connection. */
const OWN = ["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "expect"];

/** Names of variables for the keys that the log does not have. */
const KEYS: Record<string, string> = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  gemini: "GEMINI_API_KEY",
};

/** The command; keys that were redacted are taken from the shell's variables. */
export function curlCommand(request: CurlRequest, provider: string): string {
  const query = request.query ? `?${request.query}` : "";
  const scheme = /^(localhost|127\.|\[::1\])/.test(request.upstream) ? "http" : "https";
  const lines = [`curl -X ${request.method} ${quoted(`${scheme}://${request.upstream}${request.path}${query}`)}`];
  for (const [name, values] of Object.entries(request.headers)) {
    if (OWN.includes(name.toLowerCase())) continue;
    for (const value of values ?? []) lines.push(`-H ${header(name, value, provider)}`);
  }
  if (request.body !== "") lines.push(`--data-binary ${quoted(request.body)}`);
  return lines.join(" \\\n  ");
}

/** Whether the log has a mark in place of a secret. */
export function isRedacted(value: string): boolean {
  return /redacted|\*{3}/i.test(value);
}

function header(name: string, value: string, provider: string): string {
  if (!isRedacted(value)) return quoted(`${name}: ${value}`);
  const scheme = /^(bearer|basic)\s/i.exec(value)?.[0] ?? "";
  return `"${name}: ${scheme}$${KEYS[provider] ?? "API_KEY"}"`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
