import { expect, test } from "vitest";

import { rank } from "./rank";

const all = ["Go to sessions", "Settings", "Fix the session test", "Dark theme"];

test("every word has to be there, and beginnings come first", () => {
  expect(rank(all, "", (text) => text)).toEqual(all);
  expect(rank(all, "se", (text) => text)).toEqual(["Settings", "Go to sessions", "Fix the session test"]);
  expect(rank(all, "test SESSION", (text) => text)).toEqual(["Fix the session test"]);
  expect(rank(all, "nowhere", (text) => text)).toEqual([]);
});
