import { expect, test } from "vitest";

import { lineDiff } from "./lineDiff";

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `${from + at}\n`).join("");
const shown = (before: string, after: string) => lineDiff({ before, after }).map((line) => line.sign + line.text);

test("a changed line stands among its neighbours", () => {
  expect(shown("a\nb\nc", "a\nx\nc")).toEqual([" a", "−b", "+x", " c"]);
});

test("long stretches that stay are told by their length", () => {
  expect(shown(numbers(0, 100), `${numbers(0, 50)}new\n${numbers(50, 100)}`)).toEqual([
    "…47 lines are the same", " 47", " 48", " 49", "+new", " 50", " 51", " 52", "…47 lines are the same",
  ]);
});

test("what is only new or only gone is shown whole", () => {
  expect(shown("", "a\nb\n")).toEqual(["+a", "+b"]);
  expect(shown("a", "")).toEqual(["−a"]);
});

test("texts too large to compare go and come whole", () => {
  const large = "x".repeat(300_000);
  expect(lineDiff({ before: large, after: large }).map((line) => line.sign)).toEqual(["−", "+"]);
});
