// What the tools of a session did, summed up by tool and by file.

import type { PricedTurn } from "../bindings/PricedTurn";
import { conversationRows, type Row } from "./conversation/rows";
import { filesTouched, toolSummary } from "./toolCall";

/** A call, and where it stands. */
export interface CallPlace {
  seq: number;
  summary: string;
  failed: boolean;
  /** Characters that came back. */
  returned: number;
  wait_ms: number | null;
}

/** A tool and its calls. */
export interface ToolSum {
  name: string;
  calls: CallPlace[];
  failures: number;
  returned: number;
  /** All its waits; none: no call tells. */
  wait_ms: number | null;
}

/** A file and how often it was touched. */
export interface FileSum {
  path: string;
  reads: number;
  edits: number;
  writes: number;
  failures: number;
  /** The turns that touched it. */
  seqs: number[];
}

/** Tools, most called first, and files in the order of their paths. */
export function toolUse(turns: PricedTurn[]): { tools: ToolSum[]; files: FileSum[] } {
  const tools = new Map<string, ToolSum>();
  const files = new Map<string, FileSum>();
  for (const row of conversationRows(turns, false, () => true)) {
    if (row.kind !== "tool") continue;
    addCall(tools, row);
    addFiles(files, row);
  }
  return {
    tools: [...tools.values()].sort((a, b) => b.calls.length - a.calls.length || a.name.localeCompare(b.name)),
    files: [...files.values()].sort((a, b) => a.path.localeCompare(b.path)),
  };
}

type ToolRow = Extract<Row, { kind: "tool" }>;

function addCall(tools: Map<string, ToolSum>, { use, seq }: ToolRow): void {
  const sum = tools.get(use.name) ?? { name: use.name, calls: [], failures: 0, returned: 0, wait_ms: null };
  const failed = use.result?.is_error ?? false;
  const returned = use.result?.text.length ?? 0;
  sum.calls.push({ seq, summary: toolSummary(use.input), failed, returned, wait_ms: use.wait_ms });
  sum.failures += failed ? 1 : 0;
  sum.returned += returned;
  if (use.wait_ms !== null) sum.wait_ms = (sum.wait_ms ?? 0) + use.wait_ms;
  tools.set(use.name, sum);
}

function addFiles(files: Map<string, FileSum>, { use, seq }: ToolRow): void {
  for (const { path, how } of filesTouched(use.name, use.input)) {
    const sum = files.get(path) ?? { path, reads: 0, edits: 0, writes: 0, failures: 0, seqs: [] };
    if (how === "read") sum.reads += 1;
    else if (how === "edit") sum.edits += 1;
    else sum.writes += 1;
    sum.failures += use.result?.is_error ? 1 : 0;
    if (sum.seqs.at(-1) !== seq) sum.seqs.push(seq);
    files.set(path, sum);
  }
}
