import { expect, test } from "vitest";

import { contextPoints, contextTokens } from "./context";
import { turn } from "./conversation/builders";

const usage = {
  input_tokens: 10, output_tokens: 5, cache_read_tokens: 80, cache_write_tokens: null, cache_write_1h_tokens: null, reasoning_tokens: null,
};

test("what the provider did not tell is unknown, not 0", () => {
  expect(contextTokens(null)).toBeNull();
  expect(contextTokens({ ...usage, input_tokens: null, cache_read_tokens: null })).toBeNull();
  expect(contextTokens(usage)).toBe(90);
});

test("only the turns of one agent that tell are points", () => {
  const turns = [turn({ seq: 1, usage }), turn({ seq: 2 }), turn({ seq: 3, usage, agent: "a" }), turn({ seq: 4, usage, kind: "prewarm" })];
  expect(contextPoints(turns, null).map((point) => [point.turn.seq, point.total, point.fresh])).toEqual([[1, 90, 10]]);
  expect(contextPoints(turns, "a").map((point) => point.turn.seq)).toEqual([3]);
});
