import type { Column } from "../../lib/columns";

export const COLUMNS: Column[] = [
  { id: "state", title: "", what: "State", width_px: 28, rank: 0 },
  { id: "title", title: "Session", width_px: 176, rank: 0, grows: true },
  { id: "client", title: "Client", width_px: 112, rank: 4 },
  { id: "model", title: "Model", width_px: 140, rank: 2 },
  { id: "project", title: "Project", width_px: 108, rank: 3 },
  { id: "requests", title: "Req", what: "Requests", width_px: 56, rank: 6, right: true, order: "requests" },
  { id: "tokens", title: "Tokens", what: "Tokens, in and out", width_px: 74, rank: 5, right: true, order: "tokens" },
  { id: "cached", title: "Cached", what: "Share of the input that came from the cache", width_px: 66, rank: 8, right: true, extra: true },
  { id: "cost", title: "Cost", width_px: 74, rank: 1, right: true, order: "cost" },
  { id: "span", title: "Span", what: "From the first request to the last", width_px: 76, rank: 7, right: true },
  { id: "last", title: "Last", what: "Last activity", width_px: 104, rank: 0, right: true, order: "last" },
  { id: "upstream", title: "Upstream", width_px: 160, rank: 9, extra: true },
  { id: "id", title: "Id", what: "Session id", width_px: 196, rank: 10, extra: true },
];
