// JSON as the rows of a tree: only what is opened becomes rows, so a body of megabytes costs what is seen of it.

export type JsonType = "object" | "array" | "string" | "number" | "boolean" | "null";

/** A value's place in its document, from the root. */
export type JsonPath = (string | number)[];

/** A line of the tree. */
export interface JsonRow {
  /** The place, as one text. */
  key: string;
  path: JsonPath;
  depth: number;
  /** The member's name, or the element's index; none: the root. */
  name: string | number | null;
  type: JsonType;
  value: unknown;
  /** How many members or elements it has. */
  size: number;
  isOpen: boolean;
  /** Whether it can be opened: containers with something in them, and texts that do not fit a line. */
  opens: boolean;
  /** A stretch of an opened text. */
  stretch: string | null;
}

/** Characters of a text that stand on its line; longer ones, and those of several lines, can be opened. */
export const INLINE_CHARS = 120;

/** The least characters of an opened text's stretch, however deep it is. */
const LEAST_STRETCH_CHARS = 24;

/** Rows of an opened text; a longer one is read in the raw view. */
const MAX_STRETCHES = 2000;

/** How the tree is shown. */
export interface JsonView {
  /** Whether the value at a place is opened. */
  isOpen: (key: string, depth: number, type: JsonType) => boolean;
  /** Characters that a line has room for at a depth. */
  columns: (depth: number) => number;
}

/** The rows. */
export function jsonRows(root: unknown, view: JsonView): JsonRow[] {
  const rows: JsonRow[] = [];
  add(rows, root, null, [], view);
  return rows;
}

function add(rows: JsonRow[], value: unknown, name: string | number | null, path: JsonPath, view: JsonView): void {
  const key = pathKey(path);
  const type = typeOf(value);
  const size = sizeOf(value);
  const opens = type === "string" ? isLong(value as string) : size > 0;
  const open = opens && view.isOpen(key, path.length, type);
  rows.push({ key, path, depth: path.length, name, type, value, size, isOpen: open, opens, stretch: null });
  if (!open) return;
  if (type === "string") addText(rows, value as string, key, path, view);
  else for (const [inner, child] of members(value)) add(rows, child, inner, [...path, inner], view);
}

function addText(rows: JsonRow[], text: string, key: string, path: JsonPath, view: JsonView): void {
  const columns = Math.max(LEAST_STRETCH_CHARS, view.columns(path.length + 1));
  const stretches = hardWrapped(text, columns, MAX_STRETCHES);
  for (const [at, stretch] of stretches.entries()) {
    const place = { key: `${key} ${at}`, path, depth: path.length + 1, name: null, size: 0 };
    rows.push({ ...place, type: "string", value: text, isOpen: false, opens: false, stretch });
  }
}

/** The lines of a text, cut where they are longer than `columns`, at most `max` of them. */
export function hardWrapped(text: string, columns: number, max = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.length <= columns) lines.push(line);
    else for (let at = 0; at < line.length; at += columns) lines.push(line.slice(at, at + columns));
    if (lines.length >= max) return lines.slice(0, max);
  }
  return lines;
}

/** The places of all values whose name or text has `needle` (lower case) in it, at most `max`. */
export function findInJson(root: unknown, needle: string, max: number): JsonPath[] {
  const found: JsonPath[] = [];
  const visit = (value: unknown, path: JsonPath): void => {
    if (found.length >= max) return;
    const name = path.at(-1);
    const isNamed = typeof name === "string" && name.toLowerCase().includes(needle);
    const isLeaf = typeof value !== "object" || value === null;
    if (isNamed || (isLeaf && String(value).toLowerCase().includes(needle))) found.push(path);
    for (const [inner, child] of members(value)) visit(child, [...path, inner]);
  };
  visit(root, []);
  return found;
}

/** The keys of a place and of all above it: what to open so that it is seen. */
export function keysAbove(path: JsonPath): string[] {
  return path.map((_, length) => pathKey(path.slice(0, length)));
}

export function pathKey(path: JsonPath): string {
  return JSON.stringify(path);
}

/** As jq takes it: `.messages[0].content`. */
export function jqPath(path: JsonPath): string {
  const steps = path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  const joined = steps.join("");
  return joined.startsWith(".") ? joined : `.${joined}`;
}

function members(value: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return (value as unknown[]).entries();
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "object" || type === "string" || type === "number" || type === "boolean" ? type : "string";
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

function isLong(text: string): boolean {
  return text.length > INLINE_CHARS || text.includes("\n");
}
