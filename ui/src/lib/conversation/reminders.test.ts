import { expect, test } from "vitest";

import { passages } from "./reminders";

test("notes of the client are set apart from the user's words", () => {
  expect(passages("<system-reminder>\nbe nice\n</system-reminder>\nFix it <b>now</b>")).toEqual([
    { text: "be nice", tag: "system-reminder" },
    { text: "Fix it <b>now</b>", tag: null },
  ]);
});

test("what only looks like a note stays what the user said", () => {
  expect(passages("<system-reminder> without an end")).toEqual([{ text: "<system-reminder> without an end", tag: null }]);
  expect(passages("a </b> c")).toEqual([{ text: "a </b> c", tag: null }]);
});
