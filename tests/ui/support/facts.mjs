// What a log folder adds up to, read from its lines: what the explorer's sums are held against.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Sums over all session files. A request that still runs has no status. */
export function factsOf(logDir) {
  const facts = { sessions: 0, requests: 0, input: 0, output: 0, statuses: {}, failed: 0 };
  const files = readdirSync(logDir, { recursive: true }).filter((file) => file.endsWith(".jsonl"));
  for (const file of files) {
    facts.sessions++;
    const lines = readFileSync(path.join(logDir, file), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
    facts.requests += lines.filter(({ type }) => type === "request").length;
    lines.filter(({ type }) => type === "response").forEach((response) => addAnswer(facts, response));
  }
  return facts;
}

function addAnswer(facts, { status, end, body, chunks }) {
  facts.statuses[status] = (facts.statuses[status] ?? 0) + 1;
  if (status >= 400 || end !== "ok") facts.failed++;
  const usage = chunks ? streamUsage(chunks) : (JSON.parse(body ?? "{}").usage ?? {});
  const { input_tokens = 0, cache_read_input_tokens = 0, cache_creation_input_tokens = 0, prompt_tokens = 0 } = usage;
  facts.input += input_tokens + cache_read_input_tokens + cache_creation_input_tokens + prompt_tokens;
  facts.output += usage.output_tokens ?? usage.completion_tokens ?? 0;
}

/** Later counts of a stream take the place of earlier ones. */
function streamUsage(chunks) {
  const events = chunks.filter(({ raw }) => raw.startsWith("data: ")).map(({ raw }) => JSON.parse(raw.slice(6)));
  return Object.assign({}, ...events.map((event) => event.message?.usage ?? event.usage ?? {}));
}
