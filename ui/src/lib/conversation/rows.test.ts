import { expect, test } from "vitest";

import type { Block } from "../../bindings/Block";
import type { PricedTurn } from "../../bindings/PricedTurn";
import { says, text, turn } from "./builders";
import { conversationRows, turnRows, type Row } from "./rows";
import { outcome, steps } from "./tries";
import { countHits, rowWords } from "./words";

const rowsOf = (turns: PricedTurn[], runs = false, opened = (_: string) => false) => conversationRows(turns, runs, opened);
const kinds = (rows: Row[]) => rows.map((row) => row.kind);

function usage(input: number) {
  return {
    input_tokens: input, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0,
    cache_write_1h_tokens: 0, reasoning_tokens: null,
  };
}

test("a call and its result are one row, with the time between them", () => {
  const rows = rowsOf([
    turn({
      new_messages: [says("user", "list")],
      answer: { role: "assistant", blocks: [{ type: "tool_call", id: "t", name: "Bash", input: { command: "ls" } }] },
    }),
    turn({
      started: "2026-11-23T08:00:03.5Z",
      new_messages: [{ role: "tool", blocks: [{ type: "tool_result", id: "t", text: "a.rs", is_error: false, images: [] }] }],
      answer: says("assistant", "One file."),
    }),
  ]);
  expect(kinds(rows)).toEqual(["rule", "user", "tool", "rule", "assistant"]);
  const tool = rows[2];
  expect(tool?.kind === "tool" && tool.use).toMatchObject({ result: { text: "a.rs" }, wait_ms: 2500 });
});

test("calls that share an id get their results in order", () => {
  const call: Block = { type: "tool_call", id: "read", name: "read", input: {} };
  const result = (words: string): Block => ({ type: "tool_result", id: "read", text: words, is_error: false, images: [] });
  const rows = rowsOf([
    turn({ answer: { role: "assistant", blocks: [call, call] } }),
    turn({ new_messages: [{ role: "tool", blocks: [result("1"), result("2"), result("3")] }] }),
  ]);
  const results = rows.map((row) => (row.kind === "tool" ? row.use.result?.text : row.kind === "result" ? row.result.text : null));
  expect(results.filter(Boolean)).toEqual(["1", "2", "3"]);
  expect(kinds(rows).at(-1)).toBe("result");
});

test("tries that failed and the one that worked are one step", () => {
  const turns = [
    turn({ seq: 5, status: 529, error: "Overloaded", new_messages: [says("user", "hi")], answer_finished: null }),
    turn({ seq: 6, status: 529, repeats: 5, error: "Overloaded", answer_finished: null }),
    turn({ seq: 7, repeats: 5, answer: says("assistant", "Hello") }),
    turn({ seq: 8, repeats: 5, answer: says("assistant", "Hello again") }),
  ];
  expect(steps(turns).map((step) => step.tries.map((tried) => tried.seq))).toEqual([[5, 6, 7], [8]]);
  expect(kinds(rowsOf(turns))).toEqual(["rule", "user", "error", "assistant", "rule", "assistant"]);
});

test("a step that failed to the end says why, and whose failure it is", () => {
  const rows = rowsOf([turn({ status: 401, error: "invalid x-api-key" }), turn({ status: 0, end: "refused", error: "loop" })]);
  expect(rows.filter((row) => row.kind === "error")).toMatchObject([
    { text: "invalid x-api-key", isOurs: false },
    { text: "loop", isOurs: true },
  ]);
});

test("a stream that broke off is not a finished answer", () => {
  expect(outcome(turn({ end: "upstream_truncated" }), false)).toBe("cut");
  expect(outcome(turn({ end: null, answer_finished: false }), false)).toBe("cut");
  expect(outcome(turn({ end: null, status: null }), true)).toBe("running");
  expect(outcome(turn({ end: null, status: null }), false)).toBe("lost");
});

test("a sub-agent's turns are one row until it is opened, wherever they stand", () => {
  const turns = [
    turn({ seq: 1, new_messages: [says("user", "go")] }),
    turn({ seq: 2, agent: "a", new_messages: [says("user", "<system-reminder>x</system-reminder>find it")] }),
    turn({ seq: 3, new_messages: [says("user", "meanwhile")] }),
    turn({ seq: 4, agent: "a", answer: says("assistant", "found") }),
  ];
  expect(kinds(rowsOf(turns))).toEqual(["rule", "user", "agent", "rule", "user"]);
  expect(rowsOf(turns)[2]).toMatchObject({ title: "find it" });
  const open = rowsOf(turns, false, () => true);
  expect(kinds(open)).toEqual(["rule", "user", "agent", "rule", "note", "user", "rule", "assistant", "rule", "user"]);
  expect(open[3]?.depth).toBe(1);
  expect(new Set(open.map((row) => row.key)).size).toBe(open.length);
});

test("rows keep their keys when turns come after them", () => {
  const turns = [turn({ new_messages: [says("user", "a")], answer: says("assistant", "b") })];
  const before = rowsOf(turns).map((row) => row.key);
  const after = rowsOf([...turns, turn({ new_messages: [says("user", "c")] })]).map((row) => row.key);
  expect(after.slice(0, before.length)).toEqual(before);
});

test("what clients ask by the way is one row", () => {
  const rows = rowsOf([turn({ kind: "count_tokens" }), turn({ kind: "models" }), turn({ new_messages: [says("user", "a")] })]);
  expect(kinds(rows)).toEqual(["aside", "rule", "user"]);
});

test("a context that shrank is told, a first one is not", () => {
  const big = [says("user", "a"), says("assistant", "b")];
  const rows = rowsOf([
    turn({ usage: usage(90_000), new_messages: big }),
    turn({ usage: usage(95_000), new_messages: [says("user", "c")] }),
    turn({ usage: usage(12_000), new_messages: big }),
  ]);
  expect(rows.filter((row) => row.kind === "shrank")).toMatchObject([{ from: 95_000, to: 12_000 }]);
});

test("only the results of an agent's latest calls may still come", () => {
  const calls = { role: "assistant" as const, blocks: [{ type: "tool_call" as const, id: "t", name: "Bash", input: {} }] };
  const turns = [turn({ answer: calls }), turn({ new_messages: [says("user", "stop")], answer: calls })];
  const awaits = (runs: boolean) => rowsOf(turns, runs).flatMap((row) => (row.kind === "tool" ? [row.awaits] : []));
  expect(awaits(true)).toEqual(["nothing", "pending"]);
  expect(awaits(false)).toEqual(["nothing", "nothing"]);
});

test("a request's own page has no rules, and says that halves are elsewhere", () => {
  const rows = turnRows(
    turn({
      new_messages: [{ role: "tool", blocks: [{ type: "tool_result", id: "t", text: "a", is_error: false, images: [] }] }],
      answer: { role: "assistant", blocks: [text("b"), { type: "tool_call", id: "u", name: "Bash", input: {} }] },
    }),
    false,
  );
  expect(rows).toMatchObject([{ kind: "result", callIs: "earlier" }, { kind: "assistant" }, { kind: "tool", awaits: "later" }]);
});

test("what is found in a call is its arguments as written, and its output without colours", () => {
  const rows = rowsOf([
    turn({ answer: { role: "assistant", blocks: [{ type: "tool_call", id: "t", name: "Bash", input: { command: 'echo "x"' } }] } }),
    turn({ new_messages: [{ role: "tool", blocks: [{ type: "tool_result", id: "t", text: "\u001b[31mX\u001b[0m x", is_error: false, images: [] }] }] }),
  ]);
  const words = rows[1] ? rowWords(rows[1]) : "";
  expect(words).toContain('echo "x"');
  expect(countHits(words.toLowerCase(), "x")).toBe(3);
});

test("a prompt of several texts has not changed", () => {
  const system = (...words: string[]) => ({ role: "system" as const, blocks: words.map(text) });
  const rows = rowsOf([
    turn({ new_messages: [system("You are an agent.", "# Environment"), says("user", "Hi")] }),
    turn({ new_messages: [system("You are another one."), says("user", "Hi")] }),
  ]);
  expect(rows.flatMap((row) => (row.kind === "system" ? [row.isFirst] : []))).toEqual([true, true, false]);
});

test("a try that was cut says so before the next one begins", () => {
  const rows = rowsOf([
    turn({ seq: 90, new_messages: [says("user", "Go")], end: "upstream_truncated", answer: says("assistant", "Half a") }),
    turn({ seq: 91, repeats: 90, answer: says("assistant", "Half a sentence.") }),
  ]);
  expect(kinds(rows)).toEqual(["rule", "user", "assistant", "cut", "assistant"]);
});

test("every try's error is shown, those alike in one row", () => {
  const failed = (seq: number, error: string, repeats: number | null) =>
    turn({ seq, status: 529, end: "upstream_error", error, repeats, answer_finished: null, ...(repeats === null && { new_messages: [says("user", "go")] }) });
  const all = [failed(1, "Overloaded", null), failed(2, "Overloaded", 1), failed(3, "Too fast", 1), turn({ seq: 4, repeats: 1, answer: says("assistant", "ok") })];
  const errors = (turns: PricedTurn[]) =>
    conversationRows(turns, false, () => false).flatMap((row) => (row.kind === "error" ? [[row.text, row.tries]] : []));
  expect(errors(all)).toEqual([["Overloaded", { first: 1, last: 2 }], ["Too fast", { first: 3, last: 3 }]]);
  expect(errors(all.slice(0, 3))).toEqual([["Overloaded", { first: 1, last: 2 }], ["Too fast", null]]);
});

test("a client's small question beside an agent is an aside, and a plain chat never is", () => {
  const small = turn({ new_messages: [says("user", "Write a title")], answer: says("assistant", "Fix login") });
  const agent = turn({ tools: 3, new_messages: [says("user", "Fix it")], answer: says("assistant", "Done") });
  const kinds = (turns: PricedTurn[]) => conversationRows(turns, false, () => false).map(({ kind }) => kind);
  expect(kinds([small, agent])).toEqual(["aside", "rule", "user", "assistant"]);
  expect(kinds([small])).toEqual(["rule", "user", "assistant"]);
  expect(kinds([{ ...small, sent_messages: 3 }, agent])[0]).toBe("rule");
  expect(kinds([{ ...small, status: 500, end: "upstream_error", error: "no" }, agent])[0]).toBe("rule");
});
