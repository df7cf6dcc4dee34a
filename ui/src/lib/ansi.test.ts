import { expect, test } from "vitest";

import { ansiPieces, withoutAnsi } from "./ansi";

const plain = { colour: null, bold: false, dim: false };

test("colours become names and end where they are reset", () => {
  expect(ansiPieces("a \u001b[1;31mfail\u001b[0m b")).toEqual([
    { text: "a ", ...plain },
    { text: "fail", colour: "red", bold: true, dim: false },
    { text: " b", ...plain },
  ]);
});

test("bright colours, 256 colours and true colours are taken without their numbers being read as looks", () => {
  expect(ansiPieces("\u001b[92mok")[0]?.colour).toBe("green");
  expect(ansiPieces("\u001b[38;5;31mx")[0]).toEqual({ text: "x", ...plain });
  expect(ansiPieces("\u001b[38;2;1;31;2mx")[0]).toEqual({ text: "x", ...plain });
});

test("cursor moves, titles and links leave no trace", () => {
  expect(withoutAnsi("\u001b[2K\u001b[1A\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b")).toBe("ab");
});

test("what is left of controls is written out", () => {
  expect(ansiPieces("a\u0000b\u202ec")[0]?.text).toBe("a‹U+0000›b‹U+202E›c");
});
