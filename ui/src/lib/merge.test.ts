import { expect, test } from "vitest";

import { merge, unseen } from "./merge";

const key = (row: string) => row.charAt(0);

test("fresh rows come first, and what was read before stays", () => {
  expect(merge(["c1", "b1", "a1"], ["d1", "c2"], key)).toEqual(["d1", "c2", "b1", "a1"]);
  expect(merge([], ["b", "a"], key)).toEqual(["b", "a"]);
});

test("a row that moved to the head is there once", () => {
  expect(merge(["c1", "b1", "a1"], ["a2", "c1"], key)).toEqual(["a2", "c1", "b1"]);
});

test("a head that does not touch the old rows replaces them", () => {
  expect(merge(["b", "a"], ["z", "y"], key)).toBeNull();
});

test("only what came since is counted as new", () => {
  expect(unseen(["c", "b"], ["e", "d", "c", "b", "a"], key)).toBe(2);
  expect(unseen(["c", "b"], ["c", "b", "a"], key)).toBe(0);
  expect(unseen(["b"], ["z", "y"], key)).toBe(2);
});
