import { expect, test } from "vitest";

import { blocksOf } from "./markdown";

test("what is nested as people nest it is read", () => {
  expect(blocksOf("> > - 1. x").map(({ type }) => type)).toEqual(["blockquote"]);
  expect(blocksOf("- a\n- b\n\ntext").map(({ type }) => type)).toEqual(["list", "space", "paragraph"]);
});

test("nesting without end stands as text", () => {
  for (const deep of [">".repeat(5000), "> ".repeat(5000), "- ".repeat(5000), "1. ".repeat(5000), `a\n${"> - ".repeat(3000)}`]) {
    expect(blocksOf(deep)).toMatchObject([{ type: "paragraph", raw: deep }]);
  }
});

test("much in a row is not deep", () => {
  expect(blocksOf(`${"- x\n".repeat(500)}`)[0]?.type).toBe("list");
  expect(blocksOf("-".repeat(5000))[0]?.type).toBe("hr");
});
