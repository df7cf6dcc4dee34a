import { expect, test } from "vitest";

import { instantAt, placeOf, timescale } from "./timescale";

const HOUR_MS = 3_600_000;
const spans = [
  { from_ms: 0, to_ms: 10_000 },
  { from_ms: 12_000, to_ms: 20_000 },
  { from_ms: HOUR_MS, to_ms: HOUR_MS + 20_000 },
];

test("a long pause takes a sliver of the line, short ones their share", () => {
  const segments = timescale(spans, true);
  expect(segments.map((segment) => segment.isPause)).toEqual([false, true, false]);
  expect(placeOf(segments, 20_000)).toBeCloseTo(0.4925);
  expect(placeOf(segments, HOUR_MS)).toBeCloseTo(0.5075);
});

test("an even line has no pauses", () => {
  const segments = timescale(spans, false);
  expect(segments).toHaveLength(1);
  expect(placeOf(segments, HOUR_MS / 2)).toBeCloseTo(0.497, 2);
});

test("places and instants lead back to each other, and stay on the line", () => {
  const segments = timescale(spans, true);
  for (const at_ms of [0, 5_000, 15_000, HOUR_MS + 7_000]) {
    expect(instantAt(segments, placeOf(segments, at_ms))).toBeCloseTo(at_ms, 3);
  }
  expect(placeOf(segments, -5)).toBe(0);
  expect(placeOf(segments, 9 * HOUR_MS)).toBeCloseTo(1);
});

test("nothing at all, and instants without length", () => {
  expect(placeOf(timescale([], true), 5)).toBe(0);
  expect(placeOf(timescale([{ from_ms: 5, to_ms: 5 }], true), 5)).toBe(0);
});

test("more pauses than the line has room for leave half of it to what ran", () => {
  const many = Array.from({ length: 200 }, (_, at) => ({ from_ms: at * HOUR_MS, to_ms: at * HOUR_MS + 1000 }));
  const busy = timescale(many, true).filter((segment) => !segment.isPause);
  expect(busy.reduce((sum, segment) => sum + segment.to - segment.from, 0)).toBeCloseTo(0.5);
});
