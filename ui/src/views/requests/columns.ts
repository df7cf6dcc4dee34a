import type { Column } from "../../lib/columns";

export const COLUMNS: Column[] = [
  { id: "state", title: "", what: "State", width_px: 28, rank: 0 },
  { id: "time", title: "Time ↓", what: "When it began, latest first", width_px: 104, rank: 0 },
  { id: "title", title: "Session", what: "Session title", width_px: 132, rank: 0, grows: true },
  { id: "kind", title: "Kind", what: "What it asks for", width_px: 96, rank: 7 },
  { id: "client", title: "Client", width_px: 108, rank: 8 },
  { id: "model", title: "Model", width_px: 140, rank: 2 },
  { id: "status", title: "Status", width_px: 60, rank: 1 },
  { id: "first", title: "First", what: "Time to the first byte", width_px: 62, rank: 6, right: true },
  { id: "duration", title: "Duration", what: "Duration: waiting, then streaming", width_px: 136, rank: 3, right: true },
  { id: "in", title: "In", what: "Input tokens, cached ones included", width_px: 56, rank: 9, right: true },
  { id: "cached", title: "Cached", what: "Share of the input that came from the cache", width_px: 62, rank: 10, right: true },
  { id: "out", title: "Out", what: "Output tokens", width_px: 54, rank: 5, right: true },
  { id: "cost", title: "Cost", width_px: 74, rank: 4, right: true },
  { id: "size", title: "Size", what: "Bytes sent and received", width_px: 68, rank: 12, right: true },
  { id: "project", title: "Project", width_px: 108, rank: 11 },
  { id: "path", title: "Path", width_px: 160, rank: 13, extra: true },
  { id: "upstream", title: "Upstream", width_px: 160, rank: 14, extra: true },
  { id: "stop", title: "Stop", what: "Why the model stopped", width_px: 84, rank: 15, extra: true },
  { id: "agent", title: "Agent", what: "The sub-agent that asked", width_px: 96, rank: 16, extra: true },
];
