// Turns for tests.

import type { Block } from "../../bindings/Block";
import type { PricedTurn } from "../../bindings/PricedTurn";

let next = 1;

export function turn(change: Partial<PricedTurn>): PricedTurn {
  const seq = change.seq ?? next++;
  return {
    cost_usd: null, seq, request_id: `r${seq}`, started: "2026-11-23T08:00:00Z", kind: "chat", method: "POST",
    path: "/v1/messages", client: { name: "claude-code", version: null }, agent: null, project: null, model: "m",
    status: 200, end: "ok", stop_reason: "end_turn", usage: null, timing: { ttfb_ms: 10, total_ms: 1000 },
    tools: 0, sent_messages: 1, repeats: null, new_messages: [], answer: null, answer_finished: true, error: null, gap: [], running: change.status === null, ...change,
  };
}

export const text = (words: string): Block => ({ type: "text", text: words });
export const says = (role: "user" | "assistant", words: string) => ({ role, blocks: [text(words)] });
