// Where the hostile walk goes: every view that shows what strangers said.

import { textFor } from "./hostile_store.mjs";

/** The view in which each place's text is looked for. */
export const HOME_OF = {
  user: "session", assistant: "session", thinking: "session", toolName: "session", toolKey: "session", toolValue: "session", toolResult: "session",
  model: "short", header: "headers", clientSession: "short", host: "host", query: "search", error: "short", fileName: "tools",
};

const SESSION_TABS = ["timeline", "context", "tools"];
const REQUEST_TABS = ["messages", "answer", "request", "response", "headers", "timing", "record"];
const DETAIL = "aside";

const place = (view, fields) => `#/${view}?${new URLSearchParams(fields)}`;

/** All places to go to, the sessions as `writeHostileStore` gave them. */
export function hostilePlaces({ short, rich }, canary) {
  return [
    ...LISTS.map((view) => ({ as: "lists", hash: `#/${view}`, within: "main" })),
    ...rich.flatMap(placesOfRich),
    ...short.flatMap((ids, payload) => placesOfShort(ids, textFor(payload, "query", canary).slice(0, 20_000), payload)),
  ];
}

/** The lists and sums, with every payload in them. */
const LISTS = ["sessions", "requests", "stats", "search?filter=canary", "search?filter=script", "welcome", "settings", "settings?tab=clients", "settings?tab=storage"];

/** A session with several payloads everywhere, its requests and all their tabs. */
function placesOfRich({ session, first, second }) {
  return [
    { as: "session", hash: place("sessions", { session }) },
    ...SESSION_TABS.map((tab) => ({ as: tab, hash: place("sessions", { session, tab }) })),
    // Of a stream of thousands of lines, and of bodies, the first screens say enough.
    ...REQUEST_TABS.map((tab) => ({ as: tab, hash: place("requests", { request: first, tab }), screens: tab === "headers" ? 300 : 4 })),
    { as: "messages", hash: place("requests", { request: second }) },
  ].map((to) => ({ ...to, within: DETAIL }));
}

/** A session that is short, and links that carry a payload. */
function placesOfShort({ session, request }, query, payload) {
  const links = [
    place("sessions", { filter: query }),
    place("requests", { filter: query }),
    place("stats", { filter: query }),
    place("sessions", { session, find: query, turn: 1 }),
    place("sessions", { session: query, tab: query }),
    place("requests", { request: query, tab: query }),
  ];
  return [
    { as: "short", hash: place("sessions", { session }), within: DETAIL },
    { as: "host", hash: place("requests", { request }) },
    { as: "search", hash: place("search", { filter: query }) },
    { as: "links", hash: links[payload % links.length] },
  ];
}
