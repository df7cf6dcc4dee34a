import { expect, test } from "vitest";

import { findInJson, hardWrapped, jqPath, jsonRows, keysAbove, type JsonView } from "./jsonRows";

const rowsWhere = (root: unknown, isOpen: JsonView["isOpen"]) => jsonRows(root, { isOpen, columns: () => 80 });
const document = { model: "m", messages: [{ role: "user", content: "a\nb" }], "x-y": null };

test("only what is open becomes rows", () => {
  expect(rowsWhere(document, (_, depth) => depth < 1).map((row) => row.name)).toEqual([null, "model", "messages", "x-y"]);
  const all = rowsWhere(document, () => true);
  expect(all.map((row) => row.stretch ?? row.name)).toEqual([
    null, "model", "messages", 0, "role", "content", "a", "b", "x-y",
  ]);
  expect(new Set(all.map((row) => row.key)).size).toBe(all.length);
});

test("what is found can be opened by the keys above it", () => {
  const [path] = findInJson(document, "b", 10);
  expect(path).toEqual(["messages", 0, "content"]);
  const keys = keysAbove(path ?? []);
  expect(rowsWhere(document, (key) => keys.includes(key)).map((row) => row.name)).toContain("content");
  expect(findInJson(document, "messages", 10)).toEqual([["messages"]]);
});

test("paths are as jq takes them", () => {
  expect(jqPath(["messages", 0, "content"])).toBe(".messages[0].content");
  expect(jqPath(["x-y"])).toBe('.["x-y"]');
  expect(jqPath([])).toBe(".");
});

test("an opened text is as wide as its line", () => {
  const rows = jsonRows("x".repeat(130), { isOpen: () => true, columns: (depth) => 60 - depth * 10 });
  expect(rows.slice(1).map((row) => row.stretch?.length)).toEqual([50, 50, 30]);
});

test("long lines are cut, and no more is made than asked for", () => {
  expect(hardWrapped("abcdef\ng", 4)).toEqual(["abcd", "ef", "g"]);
  expect(hardWrapped("a\n".repeat(100), 4, 3)).toEqual(["a", "a", "a"]);
  expect(hardWrapped("", 4)).toEqual([""]);
});

test("deep documents do not end the stack", () => {
  let deep: unknown = 1;
  for (let at = 0; at < 1000; at += 1) deep = [deep];
  expect(rowsWhere(deep, () => true)).toHaveLength(1001);
});
