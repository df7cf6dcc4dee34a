import { expect, test } from "vitest";

import { offsets, seenEntries } from "./offsets";

const starts = offsets([30, 60, 60, 30, 60]);

test("entries stand one below the other", () => {
  expect(starts).toEqual([0, 30, 90, 150, 180, 240]);
});

test("an entry that only begins, or only ends in the window is seen", () => {
  expect(seenEntries(starts, 0, 40, 0)).toEqual({ first: 0, end: 2 });
  expect(seenEntries(starts, 100, 60, 0)).toEqual({ first: 2, end: 4 });
  expect(seenEntries(starts, 200, 500, 0)).toEqual({ first: 4, end: 5 });
  expect(seenEntries(starts, 0, 10, 1000)).toEqual({ first: 0, end: 5 });
});

test("an empty list has nothing to see", () => {
  expect(seenEntries(offsets([]), 0, 100, 0)).toEqual({ first: 0, end: 0 });
});
