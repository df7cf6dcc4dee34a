import { expect, test } from "vitest";

import { compareBodies } from "./compare";

const said = (role: string, text: string, more = {}) => ({ role, content: [{ type: "text", text, ...more }] });

test("a conversation that went on has only new messages", () => {
  const before = { model: "m", messages: [said("user", "a", { cache_control: { type: "ephemeral" } })] };
  const after = { model: "m", messages: [said("user", "a"), said("assistant", "b"), said("user", "c")] };
  expect(compareBodies(before, after)).toMatchObject({
    parameters: [],
    system: null,
    tools: [],
    sameMessages: 1,
    messages: [
      { name: "assistant", preview: "b", before: undefined },
      { name: "user", preview: "c", before: undefined },
    ],
  });
});

test("what was replaced in the middle is gone and new", () => {
  const before = { input: [said("user", "a"), said("user", "long"), said("user", "end")] };
  const after = { input: [said("user", "a"), said("user", "short"), said("user", "end")] };
  const { sameMessages, messages } = compareBodies(before, after) ?? {};
  expect(sameMessages).toBe(1);
  expect(messages?.map((message) => [message.preview, message.before !== undefined])).toEqual([["long", true], ["short", false]]);
});

test("parameters, instructions and tools are compared by name", () => {
  const before = { temperature: 1, stream: true, system: "be nice", tools: [{ name: "A" }, { name: "B", x: 1 }] };
  const after = { temperature: 0, stream: true, system: [{ text: "be terse" }], tools: [{ name: "B", x: 2 }, { name: "C" }], top_k: 3 };
  const { parameters, system, tools } = compareBodies(before, after) ?? {};
  expect(parameters).toEqual([
    { name: "temperature", before: "1", after: "0" },
    { name: "top_k", before: null, after: "3" },
  ]);
  expect(system).toEqual({ before: "be nice", after: "be terse" });
  expect(tools?.map(({ name, before: had, after: has }) => [name, had !== undefined, has !== undefined])).toEqual([
    ["A", true, false], ["B", true, true], ["C", false, true],
  ]);
});

test("what is no JSON object cannot be compared", () => {
  expect(compareBodies("x", {})).toBeNull();
  expect(compareBodies({}, [1])).toBeNull();
});
