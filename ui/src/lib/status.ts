// How a request ended, in a word.

import type { EndKind } from "../bindings/EndKind";

const ENDS: Record<EndKind, string> = {
  ok: "ok",
  upstream_error: "error",
  upstream_truncated: "cut off",
  client_aborted: "aborted",
  proxy_killed: "killed",
  refused: "refused",
};

/** The status, or how it ended where that says more: an answer of 200 may still break off. */
export function statusText(request: { status: number | null; end: EndKind | null; running: boolean }): string {
  const { status, end, running } = request;
  if (status === null && end === null) return running ? "…" : "lost";
  if (end !== null && end !== "ok" && (status === null || status < 400)) return ENDS[end];
  return status === null ? "–" : status === 0 ? "error" : String(status);
}
