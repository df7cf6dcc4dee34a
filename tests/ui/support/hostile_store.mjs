// A log folder in which every payload was said in every place where a stranger's text can stand.

import { PAYLOADS, loaded } from "./payloads.mjs";
import { makePng } from "./png.mjs";
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

const PIXEL = makePng(1, 1, () => [255, 0, 0]).toString("base64");

/** Payloads that one rich session holds. */
const TOGETHER = 10;

/**
 * Writes rich sessions, whose first request holds several payloads in every place of a conversation, and for each
 * payload a short one with its upstream, client's session, model and error. Returns the ids of both.
 */
export function writeHostileStore(folder, canary, now = new Date()) {
  const numbers = random(7);
  const at = (minutes) => new Date(now.getTime() - minutes * MINUTE_MS);
  const said = (index) => (letter) => loaded(PAYLOADS[index], mark(index, letter), canary);
  const keep = ({ log, ...ids }) => {
    log.write(folder);
    return { session: log.id, ...ids };
  };
  const short = PAYLOADS.map((_, index) => keep(shortSession(said(index), at(index + 40), numbers)));
  const groups = Array.from({ length: PAYLOADS.length / TOGETHER }, (_, group) => Array.from({ length: TOGETHER }, (_, place) => group * TOGETHER + place));
  const rich = groups.map((group, place) => keep(richSession(group.map((index) => ({ ...PAYLOADS[index], said: said(index) })), at(place + 1), numbers)));
  return { short, rich };
}

/** What is told in the line itself is valid Unicode there, or the line would be none. */
const inLine = (text) => text.toWellFormed();

function shortSession(said, at, numbers) {
  const log = new SessionLog({ provider: "anthropic", upstream: inLine(said(SINKS.host)), at, random: numbers, clientSession: inLine(said(SINKS.clientSession)) });
  const system = `${said(ELSEWHERE)}\n - Primary working directory: /${said(ELSEWHERE)}\n`;
  const request = log.exchange({
    at, path: "/v1/messages", headers: { "User-Agent": inLine(said(ELSEWHERE)) },
    body: { model: said(SINKS.model), max_tokens: 100, system, messages: [{ role: "user", content: said(ELSEWHERE) }] },
    answer: anthropicError(400, "invalid_request_error", said(SINKS.error)),
  });
  return { log, request };
}

function richSession(payloads, at, numbers) {
  const log = new SessionLog({ provider: "anthropic", upstream: "api.anthropic.com", at, random: numbers });
  const model = "claude-sonnet-4-5-20250929";
  const all = (make) => payloads.map(({ said, ...payload }, place) => make(said, place, payload));
  const headers = Object.fromEntries(all((said) => [inLine(said(SINKS.header)), inLine(said(HEADER_VALUE))]));
  const tools = all((said) => ({ name: said(ELSEWHERE), description: said(ELSEWHERE), input_schema: { type: "object" } }));
  const messages = [{ role: "user", content: [...all((said) => ({ type: "text", text: said(SINKS.user) })), ...all(images).flat()] }];
  const ask = (later, answer) => log.exchange({ at: new Date(at.getTime() + later), path: "/v1/messages", headers, body: { model, max_tokens: 100, stream: true, tools, messages }, answer });

  const blocks = [
    ...all((said) => ({ type: "thinking", thinking: said(SINKS.thinking), signature: "c2ln" })),
    ...all((said) => ({ type: "text", text: said(SINKS.assistant) })),
    ...all((said, place) => ({ type: "tool_use", id: `toolu_name_${place}`, name: said(SINKS.toolName), input: { x: 1 } })),
    ...all((said, place, payload) => ({ type: "tool_use", id: `toolu_input_${place}`, name: "lookup", input: toolInput(payload, said) })),
    ...all((said, place) => ({ type: "tool_use", id: `toolu_file_${place}`, name: "Read", input: { file_path: said(SINKS.fileName) } })),
  ];
  const answer = anthropicStream({ id: "msg_1", model, blocks, usage: { input_tokens: 100, output_tokens: 50 }, stop: "tool_use" });
  Object.assign(answer.headers, Object.fromEntries(all((said) => [inLine(said(ELSEWHERE)), inLine(said(ELSEWHERE))])));
  const first = ask(0, answer);

  const results = all((said, place) => ({ type: "tool_result", tool_use_id: `toolu_name_${place}`, content: said(SINKS.toolResult) }));
  messages.push({ role: "assistant", content: blocks }, { role: "user", content: results });
  const second = ask(5_000, anthropicStream({ id: "msg_2", model, blocks: [{ type: "text", text: "Done." }], usage: { input_tokens: 100, output_tokens: 50 } }));
  return { log, first, second };
}

/** Images that are none, with everything in them that names them; and one that is one, whatever it says that it is. */
function images(said) {
  const text = said(ELSEWHERE);
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" onload="__canary(1)"><script>__canary(1)</script><text>${text}</text></svg>`;
  const base64 = (media_type, data) => ({ type: "image", source: { type: "base64", media_type, data } });
  return [
    base64("image/svg+xml", Buffer.from(drawing.toWellFormed()).toString("base64")),
    base64(text, text),
    base64(text, PIXEL),
    { type: "image", source: { type: "url", url: text } },
  ];
}

/** JSON.parse gives `__proto__` as a plain key, as a model's answer does. */
function toolInput(payload, said) {
  const polluting = payload.category === "prototype" ? JSON.parse('{"__proto__":{"zqpolluted":1},"constructor":{"prototype":{"zqpolluted":1}}}') : {};
  Object.defineProperty(polluting, said(SINKS.toolKey), { value: said(SINKS.toolValue), enumerable: true });
  return polluting;
}
