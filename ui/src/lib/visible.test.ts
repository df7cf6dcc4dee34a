import { expect, test } from "vitest";

import { firstLine, visible } from "./visible";

test("what lies about a text is written out, what is text stays", () => {
  expect(visible("a\u202eb\u0007c\ufeff")).toBe("a‹U+202E›b‹U+0007›c‹U+FEFF›");
  expect(visible("hi\u{e0041}\u061c")).toBe("hi‹U+E0041›‹U+061C›");
  expect(visible("a\tb\r\nc\rd é 漢 👩‍💻")).toBe("a\tb\nc\nd é 漢 👩‍💻");
});

test("a first line is one that says something, and short", () => {
  expect(firstLine("\n\n  hello\nworld", 20)).toBe("hello");
  expect(firstLine("abcdefghij", 5)).toBe("abcd…");
  expect(firstLine("", 5)).toBe("");
});
