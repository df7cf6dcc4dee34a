// Where the page is, and how that is written behind the `#` of its address.

import type { SessionOrder } from "../bindings/SessionOrder";

export const VIEWS = ["sessions", "requests", "search", "stats", "settings", "welcome"] as const;
export type View = (typeof VIEWS)[number];

export const RANGES = ["1h", "24h", "7d", "30d", "all"] as const;
export type Range = (typeof RANGES)[number];

export const ORDERS: SessionOrder[] = ["last", "requests", "tokens", "cost"];

export interface Place {
  view: View;
  /** The filter line of lists and stats, or what is searched for. */
  filter: string;
  range: Range;
  /** What sessions are listed by, most first. */
  order: SessionOrder;
  /** What the detail pane shows: the request if there is one, else the session. */
  session: string | null;
  request: string | null;
  /** The turn of the session to scroll to. */
  turn: number | null;
  /** What to mark in the session. */
  find: string | null;
  /** The tab of the detail pane; none: its first. Also the section of the settings. */
  tab: string | null;
}

export const START: Place = {
  view: "sessions",
  filter: "",
  range: "all",
  order: "last",
  session: null,
  request: null,
  turn: null,
  find: null,
  tab: null,
};

/** `#/requests?filter=is:error&request=…`; what is as at the start is left out. */
export function toHash(place: Place): string {
  const fields = new URLSearchParams();
  for (const key of ["filter", "range", "order", "session", "request", "turn", "find", "tab"] as const) {
    const value = place[key];
    if (value !== null && value !== START[key]) fields.set(key, String(value));
  }
  const query = fields.toString();
  return `#/${place.view}${query && `?${query}`}`;
}

/**
 * Reads an address; what is not understood is as at the start. `#/session/ID` and `#/request/ID` are short for what
 * lists show beside themselves: the tray links like that.
 */
export function fromHash(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [, kind, id] = /^(session|request)\/(.+)$/.exec(path) ?? [];
  if (kind && id) return { ...fromHash(`#/${kind}s?${query}`), [kind]: decoded(id) };
  const fields = new URLSearchParams(query);
  const turn = fields.get("turn");
  return {
    view: VIEWS.find((view) => view === path) ?? START.view,
    filter: fields.get("filter") ?? "",
    range: RANGES.find((range) => range === fields.get("range")) ?? START.range,
    order: ORDERS.find((order) => order === fields.get("order")) ?? START.order,
    session: fields.get("session") || null,
    request: fields.get("request") || null,
    turn: turn !== null && /^\d{1,9}$/.test(turn) ? Number(turn) : null,
    find: fields.get("find") || null,
    tab: fields.get("tab") || null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
