import { expect, test } from "vitest";

import { says, text, turn } from "./builders";
import { sessionMarkdown, turnMarkdown } from "./markdown";

test("a session is a document with its tools' arguments and output", () => {
  const document = sessionMarkdown("Fix it", [
    turn({
      seq: 1,
      new_messages: [says("user", "List it")],
      answer: { role: "assistant", blocks: [text("Yes."), { type: "tool_call", id: "t", name: "Bash", input: { command: "ls" } }] },
    }),
    turn({
      seq: 2,
      new_messages: [{ role: "tool", blocks: [{ type: "tool_result", id: "t", text: "\u001b[31ma.rs\u001b[0m\n", is_error: false, images: [] }] }],
    }),
  ]);
  expect(document).toContain("# Fix it\n");
  expect(document).toContain("**User**\n\nList it");
  expect(document).toContain('**Tool Bash**\n\n```json\n{\n  "command": "ls"\n}\n```\n\n```\na.rs\n```');
});

test("no text ends the fence that it stands in", () => {
  const result = { type: "tool_result" as const, id: "t", text: "```\n# not a heading\n```", is_error: false, images: [] };
  const document = turnMarkdown(turn({ new_messages: [{ role: "tool", blocks: [result] }] }));
  expect(document).toBe("````\n```\n# not a heading\n```\n````\n");
});
