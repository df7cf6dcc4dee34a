// Where the hostile walk goes: every view that shows what strangers said.

import { textFor } from "./hostile_store.mjs";

/** The view in which each place's text is looked for. */
export const HOME_OF = {
  user: "session", assistant: "session", thinking: "session", toolName: "session", toolKey: "session", toolValue: "session", toolResult: "session",
  model: "session", header: "headers", clientSession: "session", host: "request", query: "search", error: "session", fileName: "files",
};

const SESSION_TABS = ["timeline", "context", "files"];
const REQUEST_TABS = ["messages", "answer", "request", "response", "headers", "timing", "record"];
const DETAIL = "aside";

const place = (view, fields) => `#/${view}?${new URLSearchParams(fields)}`;

/** The lists, with every payload in them. */
export function placesOfLists() {
  const scroll = "[role=grid] [role=rowgroup], main";
  return ["sessions", "requests", "stats", "search?filter=canary", "search?filter=script", "welcome", "settings"].map((view) => ({ as: "lists", hash: `#/${view}`, scroll }));
}

/** A payload's session and requests with all their tabs, and links that carry it. */
export function placesOfPayload(payload, { session, first, second }, canary) {
  const query = textFor(payload, "query", canary).slice(0, 20_000);
  const filtered = ["sessions", "requests", "stats"][payload % 3];
  return [
    { as: "session", hash: place("sessions", { session }), within: DETAIL },
    ...SESSION_TABS.map((tab) => ({ as: tab, hash: place("sessions", { session, tab }), within: DETAIL })),
    ...REQUEST_TABS.map((tab) => ({ as: tab === "headers" ? tab : "request", hash: place("requests", { request: first, tab }), within: DETAIL })),
    ...["messages", "answer", "response"].map((tab) => ({ as: "request", hash: place("requests", { request: second, tab }), within: DETAIL })),
    { as: "search", hash: place("search", { filter: query }) },
    { as: "links", hash: place(filtered, { filter: query }) },
    { as: "links", hash: place("sessions", { session, find: query, turn: 1 }) },
    { as: "links", hash: place("sessions", { session: query, tab: query }) },
    { as: "links", hash: place("requests", { request: query, tab: query }) },
  ].map((to) => ({ payload, ...to }));
}
