import { expect, test } from "vitest";

import { streamFacts, timedDeltas } from "./stream";

const delta = (at_ms: number, text: string) => ({
  at_ms,
  raw: `data: ${JSON.stringify({ type: "content_block_delta", delta: { type: "text_delta", text } })}`,
});

test("the first word, the longest pause and the stretches are found", () => {
  const events = [{ at_ms: 0, raw: "event: message_start" }, delta(100, "ab"), delta(150, "c"), delta(1000, "d")];
  const facts = streamFacts(events, 2);
  expect(facts).toMatchObject({ first_ms: 100, last_ms: 1000, deltas: 3, pause: { from_ms: 150, length_ms: 850 } });
  expect(facts.bins.map((bin) => bin.text)).toEqual([3, 1]);
  expect(timedDeltas(events).map(({ at_ms, text }) => [at_ms, text])).toEqual([[100, "ab"], [150, "c"], [1000, "d"]]);
});

test("a stream without words has no first one", () => {
  expect(streamFacts([{ at_ms: 5, raw: ": ping" }], 4)).toMatchObject({ first_ms: null, deltas: 0, pause: null });
  expect(streamFacts([], 4).last_ms).toBe(0);
});
