import { expect, test } from "vitest";

import { says, turn } from "./conversation/builders";
import { toolUse } from "./toolUse";

test("calls, failures and files are summed up, sub-agents' too", () => {
  const call = (id: string, name: string, input: unknown) => ({ type: "tool_call" as const, id, name, input });
  const result = (id: string, text: string, is_error = false) => ({ type: "tool_result" as const, id, text, is_error, images: [] });
  const turns = [
    turn({ seq: 1, new_messages: [says("user", "go")], answer: { role: "assistant", blocks: [call("1", "Read", { file_path: "/a" }), call("2", "Read", { file_path: "/b" })] } }),
    turn({ seq: 2, new_messages: [{ role: "tool", blocks: [result("1", "xx"), result("2", "no such file", true)] }] }),
    turn({ seq: 3, agent: "s", answer: { role: "assistant", blocks: [call("3", "Edit", { file_path: "/a", old_string: "x", new_string: "y" })] } }),
  ];
  const { tools, files } = toolUse(turns);
  expect(tools.map(({ name, calls, failures, returned }) => [name, calls.length, failures, returned])).toEqual([
    ["Read", 2, 1, 14],
    ["Edit", 1, 0, 0],
  ]);
  expect(files).toMatchObject([
    { path: "/a", reads: 1, edits: 1, failures: 0, seqs: [1, 3] },
    { path: "/b", reads: 1, edits: 0, failures: 1, seqs: [1] },
  ]);
});
