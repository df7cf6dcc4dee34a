import { expect, test } from "vitest";

import { deltaOf, eventName } from "./deltas";

const data = (value: unknown) => `data: ${JSON.stringify(value)}`;

test("every API's text, thinking and arguments are told apart", () => {
  const of = (value: unknown) => deltaOf(data(value));
  expect(of({ type: "content_block_delta", delta: { type: "text_delta", text: "a" } })).toEqual({ kind: "text", text: "a" });
  expect(of({ type: "content_block_delta", delta: { thinking: "b" } })).toEqual({ kind: "thinking", text: "b" });
  expect(of({ type: "content_block_delta", delta: { partial_json: '{"' } })).toEqual({ kind: "tool", text: '{"' });
  expect(of({ type: "response.output_text.delta", delta: "c" })).toEqual({ kind: "text", text: "c" });
  expect(of({ type: "response.reasoning_summary_text.delta", delta: "d" })).toEqual({ kind: "thinking", text: "d" });
  expect(of({ type: "response.function_call_arguments.delta", delta: "{" })).toEqual({ kind: "tool", text: "{" });
  expect(of({ choices: [{ delta: { content: "e" } }] })).toEqual({ kind: "text", text: "e" });
  expect(of({ candidates: [{ content: { parts: [{ text: "f", thought: true }] } }] })).toEqual({ kind: "thinking", text: "f" });
});

test("what adds nothing is nothing", () => {
  for (const raw of ["", ": ping", "event: ping", "data: [DONE]", 'data: {"type":"content_block_del', data({ type: "ping" })]) {
    expect(deltaOf(raw)).toBeNull();
  }
});

test("events are called as the API calls them", () => {
  expect(eventName("event: message_start")).toBe("message_start");
  expect(eventName(data({ type: "ping" }))).toBe("ping");
  expect(eventName("data: [DONE]")).toBe("[DONE]");
});
