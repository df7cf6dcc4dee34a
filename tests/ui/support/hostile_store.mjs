// A log folder in which every payload was said in every place where a stranger's text can stand.

import { PAYLOADS, loaded } from "./payloads.mjs";
import { random } from "./random.mjs";
import { SessionLog } from "./session_log.mjs";
import { anthropicError, anthropicStream } from "./wire.mjs";

const MINUTE_MS = 60_000;

/** The places, each with the letter that ends its marks. */
export const SINKS = {
  user: "a", assistant: "b", thinking: "c", toolName: "d", toolKey: "e", toolValue: "f", toolResult: "g", model: "h",
  header: "i", clientSession: "k", host: "l", query: "m", error: "n", fileName: "o",
};
/** A header is found when both its name and its value are. */
const HEADER_VALUE = "j";
/** Ends the marks of places beyond those that are counted. */
const ELSEWHERE = "x";

/** What to look for in the page. */
export const MARK = /zq\d{3}[a-z]/g;

const mark = (index, letter) => `zq${String(index).padStart(3, "0")}${letter}`;

/** The marks that have to be found for a payload to count as rendered in a place. */
export function marksOf(index, sink) {
  const letters = sink === "header" ? [SINKS.header, HEADER_VALUE] : [SINKS[sink]];
  return letters.map((letter) => mark(index, letter));
}

/** The payload as it stands in a place. */
export function textFor(index, sink, canary) {
  return loaded(PAYLOADS[index], mark(index, SINKS[sink]), canary);
}

/** Writes a session for each payload; returns each one's ids. `canary` is the origin that nobody may ask. */
export function writeHostileStore(folder, canary, now = new Date()) {
  const numbers = random(7);
  return PAYLOADS.map((payload, index) => {
    const said = (letter) => loaded(payload, mark(index, letter), canary);
    const log = hostileSession(payload, said, new Date(now.getTime() - (index + 1) * MINUTE_MS), numbers);
    log.write(folder);
    return log.ids;
  });
}

function hostileSession(payload, said, at, numbers) {
  // What is told in the line itself is valid Unicode there, or the line would be none.
  const inLine = (letter) => said(letter).toWellFormed();
  const log = new SessionLog({ provider: "anthropic", upstream: inLine(SINKS.host), at, random: numbers, clientSession: inLine(SINKS.clientSession) });
  const model = said(SINKS.model);
  const headers = { "User-Agent": inLine(ELSEWHERE), [inLine(SINKS.header)]: inLine(HEADER_VALUE) };
  const system = `${said(ELSEWHERE)}\n - Primary working directory: /${said(ELSEWHERE)}\n`;
  const tools = [{ name: said(ELSEWHERE), description: said(ELSEWHERE), input_schema: { type: "object" } }];
  const messages = [{ role: "user", content: [{ type: "text", text: said(SINKS.user) }] }];
  const ask = (later, answer) => log.exchange({
    at: new Date(at.getTime() + later), path: "/v1/messages", headers, body: { model, max_tokens: 100, stream: true, system, tools, messages }, answer,
  });

  const blocks = [
    { type: "thinking", thinking: said(SINKS.thinking), signature: "c2ln" },
    { type: "text", text: said(SINKS.assistant) },
    { type: "tool_use", id: "toolu_name", name: said(SINKS.toolName), input: { x: 1 } },
    { type: "tool_use", id: "toolu_input", name: "lookup", input: toolInput(payload, said) },
    { type: "tool_use", id: "toolu_file", name: "Read", input: { file_path: said(SINKS.fileName) } },
  ];
  const usage = { input_tokens: 100, output_tokens: 50 };
  const answer = anthropicStream({ id: "msg_1", model, blocks, usage, stop: "tool_use" });
  answer.headers[inLine(ELSEWHERE)] = inLine(ELSEWHERE);
  const first = ask(0, answer);

  const results = [said(SINKS.toolResult), "done", "done"];
  messages.push({ role: "assistant", content: blocks });
  messages.push({ role: "user", content: ["toolu_name", "toolu_input", "toolu_file"].map((id, place) => ({ type: "tool_result", tool_use_id: id, content: results[place] })) });
  const second = ask(5_000, anthropicError(400, "invalid_request_error", said(SINKS.error)));
  log.ids = { session: log.id, first, second };
  return log;
}

/** JSON.parse gives `__proto__` as a plain key, as a model's answer does. */
function toolInput(payload, said) {
  const polluting = payload.category === "prototype" ? JSON.parse('{"__proto__":{"zqpolluted":1},"constructor":{"prototype":{"zqpolluted":1}}}') : {};
  Object.defineProperty(polluting, said(SINKS.toolKey), { value: said(SINKS.toolValue), enumerable: true });
  return polluting;
}
