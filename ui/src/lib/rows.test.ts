import { expect, test } from "vitest";

import { scrollTo, seenRows } from "./rows";

test("only what is seen is rendered, however long the list", () => {
  expect(seenRows(0, 280, 28, 100_000, 8)).toEqual({ first: 0, end: 18 });
  expect(seenRows(28_000, 280, 28, 100_000, 8)).toEqual({ first: 992, end: 1018 });
  expect(seenRows(99_990 * 28, 280, 28, 100_000, 8)).toEqual({ first: 99_982, end: 100_000 });
});

test("a list that shrank under its scroll position, or is empty, has no rows beyond its end", () => {
  expect(seenRows(28_000, 280, 28, 5, 8)).toEqual({ first: 5, end: 5 });
  expect(seenRows(0, 280, 28, 0, 8)).toEqual({ first: 0, end: 0 });
  // A window that overscrolls.
  expect(seenRows(-60, 280, 28, 10, 0)).toEqual({ first: 0, end: 8 });
});

test("a row is brought into the window by the shortest way", () => {
  expect(scrollTo(3, 0, 280, 28)).toBe(0);
  expect(scrollTo(3, 200, 280, 28)).toBe(84);
  expect(scrollTo(20, 0, 280, 28)).toBe(308);
});
