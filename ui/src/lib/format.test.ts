import { expect, test } from "vitest";

import * as format from "./format";

test("durations keep two or three digits", () => {
  const cases: [number | null, string][] = [
    [null, "–"],
    [0, "0 ms"],
    [999, "999 ms"],
    [1000, "1.0 s"],
    [9940, "9.9 s"],
    [9960, "10 s"],
    [59_600, "1m 00s"],
    [125_000, "2m 05s"],
    [3_599_700, "1h 00m"],
    [90_000_000, "1d 1h"],
  ];
  for (const [value, text] of cases) expect(format.duration(value)).toBe(text);
});

test("bytes and tokens change their unit where they would need a fourth digit", () => {
  expect([0, 812, 999, 1000, 12_400, 999_400, 999_600, 1_200_000_000].map(format.bytes)).toEqual([
    "0 B",
    "812 B",
    "999 B",
    "1 kB",
    "12.4 kB",
    "999 kB",
    "1 MB",
    "1.2 GB",
  ]);
  expect([null, 0, 999, 1000, 1_900_000, 123_456].map(format.tokens)).toEqual(["–", "0", "999", "1k", "1.9M", "123k"]);
});

test("money is never rounded to nothing", () => {
  expect([null, 0, 0.0004, 0.004, 0.41, 12.3, 1204.4].map(format.usd)).toEqual([
    "–",
    "$0",
    "<$0.001",
    "$0.004",
    "$0.41",
    "$12.30",
    "$1,204",
  ]);
});

test("times take fractions of any length", () => {
  expect(format.ms("2026-11-23T03:08:29.123456789Z")).toBe(Date.UTC(2026, 10, 23, 3, 8, 29, 123));
  expect(format.ms("2026-11-23T03:08:29.4Z")).toBe(Date.UTC(2026, 10, 23, 3, 8, 29, 400));
  expect(format.time("nonsense")).toBe("–");
  expect(format.when("nonsense", 0)).toBe("–");
});

test("what is past is told in one unit", () => {
  const now_ms = Date.UTC(2026, 10, 23, 12);
  const before = (past_ms: number) => format.ago(new Date(now_ms - past_ms).toISOString(), now_ms);
  expect([0, 40_000, 300_000, 3 * 3_600_000, 2 * 86_400_000, 50 * 86_400_000].map(before)).toEqual([
    "just now",
    "40s ago",
    "5m ago",
    "3h ago",
    "2d ago",
    "7w ago",
  ]);
});

test("a project is called by its folder", () => {
  expect(["/home/me/web/", "C:\\work\\web", "web", "/", null].map(format.baseName)).toEqual(["web", "web", "web", "/", "–"]);
});

test("shares and amounts", () => {
  expect([null, 0, 0.004, 0.424, 1].map(format.percent)).toEqual(["–", "0%", "<1%", "42%", "100%"]);
  expect(format.plural(1, "request")).toBe("1 request");
  expect(format.plural(1204, "request")).toBe("1,204 requests");
});

test("a message becomes a sentence", () => {
  expect(["no proxy is running", "Port 1 is taken.", " what? ", ""].map(format.sentence)).toEqual([
    "No proxy is running.",
    "Port 1 is taken.",
    "What?",
    ".",
  ]);
});
