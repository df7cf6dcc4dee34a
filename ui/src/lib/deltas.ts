// What each event of a stream adds to the answer, whichever API it is. Lines that are cut or foreign add nothing.

/** A piece of an answer. */
export interface Delta {
  kind: "text" | "thinking" | "tool";
  text: string;
}

type Json = Record<string, unknown>;

/** The payload of a `data:` line; none: another line, `[DONE]`, or cut. */
export function eventData(raw: string): unknown {
  const text = raw.replace(/^data:\s?/, "").trim();
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What the event is called, as its `event:` line or its own type says. */
export function eventName(raw: string): string {
  if (raw.startsWith("event:")) return raw.slice(6).split("\n", 1)[0]?.trim() ?? "";
  const data = object(eventData(raw));
  const name = data?.type ?? data?.object;
  if (typeof name === "string") return name;
  if (data?.candidates) return "candidates";
  return raw.includes("[DONE]") ? "[DONE]" : "";
}

/** What a line adds to the answer. */
export function deltaOf(raw: string): Delta | null {
  const data = object(eventData(raw));
  if (!data) return null;
  return anthropic(data) ?? responses(data) ?? chat(data) ?? gemini(data);
}

function anthropic(data: Json): Delta | null {
  if (data.type !== "content_block_delta") return null;
  const delta = object(data.delta);
  return (
    piece("text", delta?.text) ?? piece("thinking", delta?.thinking) ?? piece("tool", delta?.partial_json)
  );
}

function responses(data: Json): Delta | null {
  if (typeof data.type !== "string" || !data.type.endsWith(".delta")) return null;
  if (data.type.includes("output_text") || data.type.includes("refusal")) return piece("text", data.delta);
  if (data.type.includes("reasoning")) return piece("thinking", data.delta);
  return piece("tool", data.delta);
}

function chat(data: Json): Delta | null {
  const delta = object(object(first(data.choices))?.delta);
  const call = object(object(first(delta?.tool_calls))?.function);
  return (
    piece("text", delta?.content) ??
    piece("thinking", delta?.reasoning_content ?? delta?.reasoning) ??
    piece("tool", call?.arguments)
  );
}

function gemini(data: Json): Delta | null {
  const response = object(data.response) ?? data;
  const part = object(first(object(object(first(response.candidates))?.content)?.parts));
  if (!part) return null;
  if (part.functionCall) return { kind: "tool", text: JSON.stringify(object(part.functionCall)?.args ?? {}) };
  return piece(part.thought === true ? "thinking" : "text", part.text);
}

function piece(kind: Delta["kind"], value: unknown): Delta | null {
  return typeof value === "string" && value !== "" ? { kind, text: value } : null;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function object(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}
