// Log folders for tests: the stories, and as many everyday sessions as are wanted.
// By hand: node tests/ui/support/store.mjs FOLDER [SESSIONS]

import { pathToFileURL } from "node:url";

import { random } from "./random.mjs";
import { SessionLog } from "./session_log.mjs";
import { fixTheLoginTest, haiku, nothingWorks } from "./stories.mjs";
import { anthropicError, anthropicStream, json } from "./wire.mjs";

const MINUTE_MS = 60_000;
const VERBS = ["Fix", "Explain", "Rename", "Test", "Speed up", "Review", "Port", "Document"];
const THINGS = ["the importer", "the session table", "our retry logic", "the tray menu", "the JSON reader", "the search box", "the release script", "the slow query"];
const PROJECTS = ["/home/ada/shop", "/home/ada/proxy", "/home/ada/notes", "/srv/ledger"];
const CLIENTS = [
  { agent: "claude-cli/2.1.330 (external, cli)", provider: "anthropic", upstream: "api.anthropic.com", models: ["claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001"] },
  { agent: "OpenAI/Python 3.54.0", provider: "openai", upstream: "api.openai.com", models: ["gpt-4o-2024-08-06", "gpt-4.1-2025-04-14"] },
];

/** Writes the stories, the newest ending now, and `sessions` everyday sessions before them. */
export function writeStore(folder, { sessions = 0, seed = 1, now = new Date() } = {}) {
  const numbers = random(seed);
  const before = (minutes) => new Date(now.getTime() - minutes * MINUTE_MS);
  const stories = [fixTheLoginTest(numbers, before(3)), haiku(numbers, before(9)), nothingWorks(numbers, before(14))];
  stories.forEach((log) => log.write(folder));
  for (let index = 0; index < sessions; index++) everyday(numbers, before(20 + index * 7)).write(folder);
  return { login: stories[0].id, haiku: stories[1].id, failures: stories[2].id };
}

/** A session of one to four turns. */
function everyday(numbers, at) {
  const client = numbers.pick(CLIENTS);
  const model = numbers.pick(client.models);
  const log = new SessionLog({ ...client, at, random: numbers });
  const messages = [{ role: "user", content: `${numbers.pick(VERBS)} ${numbers.pick(THINGS)}, case ${numbers.hex(4)}` }];
  const system = `You are a coding agent.\n - Primary working directory: ${numbers.pick(PROJECTS)}\n`;
  const turns = numbers.between(1, 4);
  for (let turn = 0, clock = at.getTime(); turn < turns; turn++) {
    const text = `Done: ${numbers.pick(THINGS)} is in order, see ${numbers.hex(8)}.`;
    const isAnthropic = client.provider === "anthropic";
    const body = isAnthropic ? { model, max_tokens: 1000, stream: true, system, messages } : { model, messages: [{ role: "system", content: system }, ...messages] };
    const answer = numbers.below(30) === 0 ? failed(isAnthropic) : (isAnthropic ? claude : gpt)(numbers, model, text, turn);
    log.exchange({ at: new Date(clock), path: isAnthropic ? "/v1/messages" : "/v1/chat/completions", headers: { "User-Agent": client.agent }, body, answer });
    messages.push({ role: "assistant", content: text }, { role: "user", content: `And ${numbers.pick(THINGS)}?` });
    clock += answer.totalMs + numbers.between(1_000, 40_000);
  }
  return log;
}

function claude(numbers, model, text, turn) {
  const usage = { input_tokens: numbers.between(40, 4_000), cache_read_input_tokens: turn * 3_000, cache_creation_input_tokens: 800, output_tokens: numbers.between(20, 1_500) };
  return anthropicStream({ id: `msg_${numbers.hex(12)}`, model, blocks: [{ type: "text", text }], usage, ttfbMs: numbers.between(300, 2_500), perBlockMs: numbers.between(400, 9_000) });
}

function gpt(numbers, model, text) {
  const usage = { prompt_tokens: numbers.between(40, 9_000), completion_tokens: numbers.between(20, 900) };
  const body = { id: `chatcmpl-${numbers.hex(8)}`, object: "chat.completion", model, choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: text } }], usage };
  return json(200, body, { ttfbMs: numbers.between(300, 2_500), totalMs: numbers.between(2_600, 9_000) });
}

function failed(isAnthropic) {
  return isAnthropic
    ? anthropicError(429, "rate_limit_error", "This request would exceed your rate limit")
    : json(429, { error: { type: "requests", message: "Rate limit reached" } });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, sessions = "0"] = process.argv.slice(2);
  console.log(JSON.stringify(writeStore(folder, { sessions: Number(sessions) })));
}
