// The browser's transport: the page's own server, which `llm-proxy explore` is. The session cookie goes along.

import type { ChangeNote } from "../bindings/ChangeNote";
import { CallFailure, failure } from "./call";

export async function send(call: { name: string; args: unknown }): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch("call", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call),
    });
  } catch {
    throw new CallFailure("unreachable", "The explorer does not answer: is `llm-proxy explore` still running?");
  }
  return read(response);
}

/** Whoever lost the session's key is told in words, not in JSON, where to find it. */
export async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new CallFailure("refused", text || `The explorer answered with status ${response.status}.`);
  }
  if (!response.ok) throw failure(answer);
  return answer;
}

/** A broken connection is made again by the browser; what was missed meanwhile is told as `something`. */
export function watch(onChange: (note: ChangeNote) => void): () => void {
  const events = new EventSource("changes");
  events.onmessage = (event: MessageEvent<string>) => onChange(JSON.parse(event.data) as ChangeNote);
  return () => events.close();
}
