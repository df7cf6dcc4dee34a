import { expect, test } from "vitest";

import type { DayStats } from "../bindings/DayStats";
import { OTHERS, series, ticks } from "./series";

function day(name: string, model: string, cost_usd: number | null): DayStats {
  const tokens = { input: 10, output: 5, cache_read: 100, cache_write: 20 };
  return { day: name, model, requests: 2, tokens, cost_usd };
}

test("days without requests have a bar too", () => {
  const { names, bars } = series([day("2026-11-20", "a", 1), day("2026-11-22", "b", 3)], "cost", "2026-11-23");
  expect(names).toEqual(["b", "a"]);
  expect(bars).toEqual([
    { day: "2026-11-20", parts: [0, 1], total: 1 },
    { day: "2026-11-21", parts: [0, 0], total: 0 },
    { day: "2026-11-22", parts: [3, 0], total: 3 },
    { day: "2026-11-23", parts: [0, 0], total: 0 },
  ]);
});

test("more models than colours are put together", () => {
  const days = ["a", "b", "c", "d", "e", "f", "g"].map((model, at) => day("2026-11-23", model, 10 - at));
  const { names, bars } = series(days, "cost", "2026-11-23");
  expect(names).toEqual(["a", "b", "c", "d", "e", OTHERS]);
  expect(bars[0]?.parts).toEqual([10, 9, 8, 7, 6, 9]);
});

test("tokens are stacked by what they are, and an unknown cost is no cost", () => {
  expect(series([day("2026-11-23", "a", null)], "tokens", "2026-11-23").bars[0]?.parts).toEqual([5, 30, 100]);
  expect(series([day("2026-11-23", "a", null)], "cost", "2026-11-23").bars[0]?.total).toBe(0);
});

test("an axis has round steps and reaches the top", () => {
  expect(ticks(0)).toEqual([]);
  expect(ticks(3)).toEqual([1, 2, 3]);
  expect(ticks(7.4)).toEqual([2.5, 5, 7.5]);
  expect(ticks(100)).toEqual([50, 100]);
  expect(ticks(0.04).at(-1)).toBeCloseTo(0.04);
});
