// Conversations with everything in them that the explorer shows: what the screenshots and the view tests use.

import { anthropicError, anthropicStream, json, unreachable } from "./wire.mjs";
import { makePng } from "./png.mjs";
import { SessionLog } from "./session_log.mjs";

const CLAUDE = { "User-Agent": "claude-cli/2.1.330 (external, cli)", "X-App": "cli", "Anthropic-Version": "2023-06-01" };
const MODEL = "claude-sonnet-4-5-20250929";
const TOOLS = ["Bash", "Edit", "Read", "Task"].map((name) => ({ name, description: `${name}: a tool`, input_schema: { type: "object" } }));
const SYSTEM = [
  { type: "text", text: "You are Claude Code, Anthropic's official CLI for Claude." },
  { type: "text", text: "# Environment\n - Primary working directory: /home/ada/shop\n - Is a git repository: true\n" + "Follow the conventions of the code around you. ".repeat(60) },
];

/** A page with a bar, a heading and a box. */
const SCREENSHOT = { type: "base64", media_type: "image/png", data: makePng(640, 400, (x, y) => {
  if (y < 48) return [29, 78, 137];
  if (x > 40 && x < 300 && y > 80 && y < 104) return [60, 60, 66];
  return x > 40 && x < 600 && y > 140 && y < 340 ? [214, 228, 240] : [250, 250, 250];
}).toString("base64") };

/** A coding session: thinking, tools, an edit, an image, retries, a sub-agent, a cut stream. */
export function fixTheLoginTest(random, at) {
  const log = new SessionLog({ provider: "anthropic", upstream: "api.anthropic.com", at, random, clientSession: "3f2c9a1e-login" });
  const messages = [];
  let clock = at.getTime();
  let cached = 0;
  const ask = (answer, { headers = CLAUDE, body = {}, count = 1 } = {}) => {
    let id;
    for (let attempt = 0; attempt < count; attempt++) {
      const request = { model: MODEL, max_tokens: 32_000, stream: true, system: SYSTEM, tools: TOOLS, messages, ...body };
      id = log.exchange({ at: new Date(clock), path: "/v1/messages", query: "beta=true", headers, body: request, answer });
      clock += (answer?.totalMs ?? 0) + 1_200;
    }
    return id;
  };
  const say = (blocks, { stop = blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn", ...rest } = {}) => {
    const fresh = 400 + random.below(600);
    const answer = anthropicStream({ id: `msg_${random.hex(12)}`, model: MODEL, blocks, stop, ...rest, usage: {
      input_tokens: fresh, cache_read_input_tokens: cached, cache_creation_input_tokens: 900, output_tokens: 80 + random.below(700) } });
    cached += 900 + fresh;
    const id = ask(answer);
    messages.push({ role: "assistant", content: blocks });
    return id;
  };
  const user = (...content) => messages.push({ role: "user", content });
  const result = (toolUseId, content, isError = false) =>
    user({ type: "tool_result", tool_use_id: toolUseId, content, ...(isError && { is_error: true }) });

  user(
    { type: "text", text: "<system-reminder>\nAs you answer, mind the project's conventions in CLAUDE.md.\n</system-reminder>" },
    { type: "text", text: "The login test fails since yesterday. Find out why and fix it." },
  );
  say([
    { type: "thinking", thinking: "The user says that the login test fails. First I run it, to see how it fails, before I read any code.", signature: "c2ln" },
    { type: "text", text: "I'll run the test first." },
    { type: "tool_use", id: "toolu_run", name: "Bash", input: { command: "npm test -- login", description: "Run the login test" } },
  ]);
  result("toolu_run", "\u001b[31m✗ login › keeps the session after a reload\u001b[0m\n\n  expected 200, got 401\n    at tests/login.test.ts:42:18\n" + Array.from({ length: 40 }, (_, line) => `    at frame ${line}`).join("\n"), true);
  say([
    { type: "text", text: "The session is lost on reload. Let me look at how the cookie is set." },
    { type: "tool_use", id: "toolu_read", name: "Read", input: { file_path: "/home/ada/shop/src/session.ts" } },
    { type: "tool_use", id: "toolu_task", name: "Task", input: { description: "Find callers of setCookie", prompt: "List every place that calls setCookie and its options.", subagent_type: "explore" } },
  ]);
  subAgent(log, () => new Date((clock += 900)), random);
  result("toolu_read", 'export function setCookie(response: Response, id: string) {\n  response.cookie("session", id, { sameSite: "strict", maxAge: 60 });\n}\n');
  result("toolu_task", "`setCookie` is called in **two** places: `src/login.ts:18` and `src/refresh.ts:9`.");
  ask(anthropicError(529, "overloaded_error", "Overloaded"), { count: 2 });
  say([
    { type: "thinking", thinking: "maxAge is in milliseconds in this library, so 60 is 60 ms and not a minute. That explains the 401 after a reload.", signature: "c2ln" },
    { type: "text", text: "Found it. `maxAge` is in **milliseconds**, so the cookie lives 60 ms:\n\n| option | is | should be |\n|---|---|---|\n| `maxAge` | `60` | `60 * 60 * 1000` |\n\n1. change the unit\n2. name it\n\n```ts\nconst SESSION_MS = 60 * 60 * 1000;\n```\n" },
    { type: "tool_use", id: "toolu_edit", name: "Edit", input: { file_path: "/home/ada/shop/src/session.ts",
      old_string: 'response.cookie("session", id, { sameSite: "strict", maxAge: 60 });', new_string: 'response.cookie("session", id, { sameSite: "strict", maxAge: SESSION_MS });' } },
  ]);
  result("toolu_edit", "The file /home/ada/shop/src/session.ts has been updated.");
  say([{ type: "text", text: "The unit is right now. Running the tests once more to be sure that noth" }], { cut: true });
  messages.pop();
  say([
    { type: "text", text: "Running the tests once more." },
    { type: "tool_use", id: "toolu_again", name: "Bash", input: { command: "npm test" } },
  ]);
  result("toolu_again", [{ type: "text", text: "\u001b[32m✓ 48 passed\u001b[0m" }, { type: "image", source: SCREENSHOT }]);
  user({ type: "image", source: SCREENSHOT }, { type: "image", source: { type: "url", url: "https://example.com/basket.png" } },
    { type: "text", text: "Looks good in the browser too (screenshot). Anything else that uses seconds?" });
  say([{ type: "text", text: "No: I checked both callers. See [the cookie documentation](https://example.com/cookies) for the unit." }]);
  user({ type: "text", text: "Thanks! Please write the changelog entry." });
  ask(undefined);
  return log;
}

function subAgent(log, next, random) {
  const headers = { ...CLAUDE, "X-Claude-Code-Agent-Id": "agent-explore-1" };
  const messages = [{ role: "user", content: "List every place that calls setCookie and its options." }];
  const turn = (blocks, stop) => {
    const answer = anthropicStream({ id: `msg_${random.hex(12)}`, model: "claude-haiku-4-5-20251001", blocks, stop, usage: { input_tokens: 300, output_tokens: 60 } });
    log.exchange({ at: next(), path: "/v1/messages", headers, body: { model: "claude-haiku-4-5-20251001", max_tokens: 8000, stream: true, system: "You are a fast searcher.", messages }, answer });
    messages.push({ role: "assistant", content: blocks });
  };
  turn([{ type: "tool_use", id: "toolu_grep", name: "Bash", input: { command: "grep -rn setCookie src" } }], "tool_use");
  messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_grep", content: "src/login.ts:18\nsrc/refresh.ts:9" }] });
  turn([{ type: "text", text: "`setCookie` is called in **two** places: `src/login.ts:18` and `src/refresh.ts:9`." }], "end_turn");
}

/** A session of failures only. */
export function nothingWorks(random, at) {
  const log = new SessionLog({ provider: "anthropic", upstream: "api.anthropic.com", at, random });
  const body = { model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "Is anybody there?" }] };
  const headers = { "User-Agent": "Anthropic/Python 2.12.0" };
  log.exchange({ at, path: "/v1/messages", headers, body, answer: anthropicError(401, "authentication_error", "invalid x-api-key") });
  log.exchange({ at: new Date(at.getTime() + 4000), path: "/v1/messages", headers, body, answer: unreachable("the name api.anthropic.com could not be resolved") });
  return log;
}

/** A short chat over OpenAI's API. */
export function haiku(random, at) {
  const log = new SessionLog({ provider: "openai", upstream: "api.openai.com", at, random });
  const body = { model: "gpt-4o-2024-08-06", messages: [{ role: "system", content: "You are a poet." }, { role: "user", content: "A haiku about proxies, please." }] };
  const answer = json(200, { id: "chatcmpl-1", object: "chat.completion", model: "gpt-4o-2024-08-06",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Silent in between,\nevery word passes untouched –\nthe river keeps notes." } }],
    usage: { prompt_tokens: 28, completion_tokens: 19, total_tokens: 47 } }, { ttfbMs: 900, totalMs: 940 });
  log.exchange({ at, path: "/v1/chat/completions", headers: { "User-Agent": "OpenAI/Python 3.54.0" }, body, answer });
  return log;
}
