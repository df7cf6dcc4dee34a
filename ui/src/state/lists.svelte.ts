// The two lists, kept while other screens are shown.

import type { RequestCursor } from "../bindings/RequestCursor";
import type { RequestSummary } from "../bindings/RequestSummary";
import type { SessionPlace } from "../bindings/SessionPlace";
import type { SessionSummary } from "../bindings/SessionSummary";
import { call } from "../ipc/call";
import { location } from "./location.svelte";
import { PagedList } from "./paged.svelte";

/** The provider or the proxy says so; a client that went away is no failure. */
export function isFailed(request: RequestSummary): boolean {
  if (request.status !== null && request.status >= 400) return true;
  const broken = ["upstream_error", "upstream_truncated", "proxy_killed", "refused"];
  return request.status === 0 || (request.end !== null && broken.includes(request.end));
}

export const sessionList = new PagedList<SessionSummary, SessionPlace>({
  fetch: async (filter, before, limit) => {
    const page = await call("sessions", { filter, order: location.place.order, before, limit });
    return { rows: page.sessions, next: page.next, totals: page.totals, chips: page.filter };
  },
  key: (session) => session.id,
  isRunning: (session) => session.running,
  most: 500,
});

export const requestList = new PagedList<RequestSummary, RequestCursor>({
  fetch: async (filter, before, limit) => {
    const page = await call("requests", { filter, session: null, before, limit });
    return { rows: page.requests, next: page.next, totals: page.totals, chips: page.filter };
  },
  key: (request) => request.request_id,
  isRunning: (request) => request.running,
  most: 1000,
});
