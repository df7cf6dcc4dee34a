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
  const answer: unknown = await response.json();
  if (!response.ok) throw failure(answer);
  return answer;
}

/** A broken connection is made again by the browser; what was missed meanwhile is told as `something`. */
export function watch(onChange: (note: ChangeNote) => void): () => void {
  const events = new EventSource("changes");
  events.onmessage = (event: MessageEvent<string>) => onChange(JSON.parse(event.data) as ChangeNote);
  return () => events.close();
}
