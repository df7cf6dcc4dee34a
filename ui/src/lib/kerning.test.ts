import { expect, test } from "vitest";

import { kerning } from "./kerning";

test("only words without end are laid out without kerning", () => {
  expect(kerning("")).toBe(null);
  expect(kerning("prose ".repeat(10_000))).toBe(null);
  expect(kerning(`${"A".repeat(2000)}\n${"A".repeat(2000)}\t`.repeat(3))).toBe(null);
  expect(kerning(`a word, then ${"A".repeat(2001)}`)).toBe("none");
});
