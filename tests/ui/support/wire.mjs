// What the APIs answer, in the shape that the log keeps: event streams line by line, or whole bodies.

/** An answer of Anthropic's Messages API as a stream. `blocks` are content blocks as in a whole answer. */
export function anthropicStream({ id, model, blocks, usage, stop = "end_turn", ttfbMs = 600, perBlockMs = 900, cut = false }) {
  const events = [];
  let atMs = 0;
  const event = (type, data) => events.push([atMs, type, { type, ...data }]);
  const { output_tokens, ...input } = usage;
  event("message_start", {
    message: { id, type: "message", role: "assistant", model, content: [], stop_reason: null, usage: { ...input, output_tokens: 1 } },
  });
  blocks.forEach((block, index) => {
    const { empty, deltas } = streamed(block);
    event("content_block_start", { index, content_block: empty });
    deltas.forEach((delta) => {
      atMs += Math.round(perBlockMs / deltas.length);
      event("content_block_delta", { index, delta });
    });
    event("content_block_stop", { index });
  });
  event("message_delta", { delta: { stop_reason: stop }, usage: { output_tokens } });
  event("message_stop", {});
  const sent = cut ? events.slice(0, Math.ceil(events.length * 0.6)) : events;
  return {
    status: 200,
    headers: { "Content-Type": "text/event-stream; charset=utf-8", "Request-Id": `req_${id}` },
    chunks: sent.flatMap(([delta_ms, type, data]) => [
      { delta_ms, raw: `event: ${type}\n` },
      { delta_ms, raw: `data: ${JSON.stringify(data)}\n` },
      { delta_ms, raw: "\n" },
    ]),
    end: cut ? "upstream_truncated" : "ok",
    ...(cut && { error: "the upstream closed the connection in the middle of the answer" }),
    ttfbMs,
    totalMs: ttfbMs + atMs,
  };
}

function streamed(block) {
  const pieces = (text) => text.match(/[\s\S]{1,24}/gu) ?? [];
  switch (block.type) {
    case "text":
      return { empty: { ...block, text: "" }, deltas: pieces(block.text).map((text) => ({ type: "text_delta", text })) };
    case "thinking":
      return {
        empty: { type: "thinking", thinking: "", signature: "" },
        deltas: pieces(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
      };
    case "tool_use":
      return {
        empty: { ...block, input: {} },
        deltas: pieces(JSON.stringify(block.input)).map((partial_json) => ({ type: "input_json_delta", partial_json })),
      };
    default:
      return { empty: block, deltas: [] };
  }
}

/** A whole JSON answer. */
export function json(status, body, { ttfbMs = 400, totalMs = 450, end = "ok", headers = {} } = {}) {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body), end, ttfbMs, totalMs };
}

/** An error in Anthropic's shape. */
export function anthropicError(status, type, message) {
  return json(status, { type: "error", error: { type, message } }, { headers: status === 529 ? { "Retry-After": "2" } : {} });
}

/** No answer at all. */
export function unreachable(why) {
  return { status: 0, end: "upstream_error", error: why, ttfbMs: 0, totalMs: 10_000 };
}
