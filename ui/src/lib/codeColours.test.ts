import { expect, test } from "vitest";

import { codePieces } from "./codeColours";

test("pieces are the code again, and know what they are", () => {
  const code = 'fn main() {\n    let a = "</code><script>"; // why\n}';
  const pieces = codePieces(code, "rust");
  expect(pieces?.map((piece) => piece.text).join("")).toBe(code);
  expect(pieces).toContainEqual({ text: "fn", kind: "word" });
  expect(pieces).toContainEqual({ text: '"</code><script>"', kind: "text" });
  expect(pieces).toContainEqual({ text: "// why", kind: "comment" });
});

test("languages inside others, and other names for them, are known", () => {
  const code = "<script>let a = 1;</script>";
  expect(codePieces(code, "html")?.map((piece) => piece.text).join("")).toBe(code);
  expect(codePieces("let a = 1;", "ts title=x")).toContainEqual({ text: "1", kind: "number" });
});

test("what is not known, or long, stays plain", () => {
  expect(codePieces("a", "klingon")).toBeNull();
  expect(codePieces("a", "")).toBeNull();
  expect(codePieces("1".repeat(10_000), "json")).toBeNull();
});
