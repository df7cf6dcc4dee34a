import { expect, test } from "vitest";

import { filesTouched, toolForm, toolSummary } from "./toolCall";

test("a summary is the argument that says most", () => {
  expect(toolSummary({ description: "Run tests", command: "cargo test\necho done" })).toBe("cargo test");
  expect(toolSummary({ pattern: "fn main", path: "src" })).toBe("fn main  in src");
  expect(toolSummary({ file_path: "/a.rs", offset: 10, limit: 20 })).toBe("/a.rs  lines 10–30");
  expect(toolSummary({ command: ["bash", "-lc", "ls -la"] })).toBe("ls -la");
  expect(toolSummary({ count: 2 })).toBe('{"count":2}');
  expect(toolSummary({})).toBe("");
  expect(toolSummary("not json {")).toBe("not json {");
});

test("edits are told by their two texts, one or many", () => {
  const one = { file_path: "a", old_string: "x", new_string: "y" };
  expect(toolForm(one)).toEqual({ form: "edit", path: "a", edits: [{ before: "x", after: "y" }] });
  const many = { filePath: "a", edits: [{ oldString: "1", newString: "2" }, { oldString: "3", newString: "4" }] };
  expect(toolForm(many)).toMatchObject({ form: "edit", edits: [{ before: "1" }, { before: "3" }] });
});

test("a command keeps its other arguments", () => {
  expect(toolForm({ command: "ls", timeout: 5 })).toEqual({ form: "shell", command: "ls", rest: { timeout: 5 } });
});

test("files are found in arguments and in patches", () => {
  expect(filesTouched("Read", { file_path: "/a" })).toEqual([{ path: "/a", how: "read" }]);
  expect(filesTouched("Write", { file_path: "/a", content: "" })).toEqual([{ path: "/a", how: "write" }]);
  expect(filesTouched("Grep", { pattern: "x", path: "/src" })).toEqual([]);
  const patch = "*** Begin Patch\n*** Update File: a.rs\n@@\n*** Add File: b.rs\n*** End Patch";
  expect(filesTouched("apply_patch", { input: patch })).toEqual([
    { path: "a.rs", how: "edit" },
    { path: "b.rs", how: "write" },
  ]);
});
