// The filter line as the page edits it. The host alone decides what a term means.

import type { Facet } from "../bindings/Facet";
import type { Range } from "./place";

/** The terms of a line, as they were typed: `word`, `-"two words"`, `key:a,b`, `key:"a b"`, `(key:a or key:b)`. */
export function terms(line: string): string[] {
  return line.match(/(?<!\S)-?\((?:[^()"]|"[^"]*")*\s+(?:or|OR)\s(?:[^()"]|"[^"]*")*\)|-?(?:[A-Za-z]+:)?"[^"]*"?\*?|[^\s"]+/g) ?? [];
}

interface KeyTerm {
  key: string;
  values: string[];
  excluded: boolean;
}

/** A term's key and values; none for plain words. */
export function keyTerm(term: string): KeyTerm | null {
  const parts = /^(-?)([A-Za-z]+):(.*)$/s.exec(term);
  if (!parts) return null;
  const [, minus, key = "", value = ""] = parts;
  if (/^[:/\\]/.test(value)) return null;
  const quoted = /^"([^"]*)"?$/.exec(value);
  const values = quoted ? [quoted[1] ?? ""] : value.split(",");
  return { key: key.toLowerCase(), values: values.filter((each) => each !== ""), excluded: minus === "-" };
}

function written(key: string, values: string[], excluded: boolean): string {
  const plain = values.every((value) => !/[\s",]/.test(value));
  // Only one value can stand in quotes, and none can hold one.
  const value = plain ? values.join(",") : `"${(values.at(-1) ?? "").split('"')[0]}"`;
  return `${excluded ? "-" : ""}${key}:${value}`;
}

export type Presence = "included" | "excluded" | null;

/** Whether the line asks for a value, or leaves it out. */
export function presence(line: string, key: string, value: string): Presence {
  for (const term of terms(line)) {
    const parsed = keyTerm(term);
    if (parsed?.key === key && parsed.values.includes(value)) return parsed.excluded ? "excluded" : "included";
  }
  return null;
}

/** The line with a value asked for (or left out), or without it if it was so before. */
export function toggleValue(line: string, key: string, value: string, excluded = false): string {
  const wanted: Presence = excluded ? "excluded" : "included";
  const was = presence(line, key, value);
  const rest = removeValue(line, key, value);
  if (was === wanted) return rest;
  const parts = terms(rest);
  const at = parts.findIndex((term) => {
    const parsed = keyTerm(term);
    return parsed?.key === key && parsed.excluded === excluded;
  });
  const before = at < 0 ? [] : (keyTerm(parts[at] ?? "")?.values ?? []);
  const term = written(key, [...before, value], excluded);
  if (at < 0) parts.push(term);
  else parts[at] = term;
  return parts.join(" ");
}

function removeValue(line: string, key: string, value: string): string {
  const parts = terms(line).flatMap((term) => {
    const parsed = keyTerm(term);
    if (parsed?.key !== key || !parsed.values.includes(value)) return [term];
    const values = parsed.values.filter((each) => each !== value);
    return values.length > 0 ? [written(key, values, parsed.excluded)] : [];
  });
  return parts.join(" ");
}

/** The line without a term. */
export function removeTerm(line: string, term: string): string {
  const parts = terms(line);
  const at = parts.indexOf(term);
  if (at >= 0) parts.splice(at, 1);
  return parts.join(" ");
}

/** The line without all that is asked of a key. What is left out stays. */
export function withoutKey(line: string, key: string): string {
  const asks = (term: string) => {
    const parsed = keyTerm(term);
    return parsed?.key === key && !parsed.excluded;
  };
  return terms(line)
    .filter((term) => !asks(term))
    .join(" ");
}

/** The keys that the line asks something of. */
export function keysAsked(line: string): string[] {
  const keys = terms(line).map(keyTerm);
  return [...new Set(keys.flatMap((term) => (term && !term.excluded ? [term.key] : [])))];
}

const HOUR_MS = 3_600_000;
const RANGE_MS: Record<Exclude<Range, "all">, number> = {
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
};

/** Where a range begins; none: at the beginning of all. */
export function rangeStart(range: Range, now_ms: number): number | null {
  return range === "all" ? null : now_ms - RANGE_MS[range];
}

/** The term that stands for a range, at whole minutes so that the same question is asked for a while. */
export function rangeTerm(range: Range, now_ms: number): string | null {
  const start_ms = rangeStart(range, now_ms);
  if (start_ms === null) return null;
  return `after:${new Date(Math.floor(start_ms / 60_000) * 60_000).toISOString().replace(".000Z", "Z")}`;
}

/** A key that filters know, and what its values look like. */
export interface KeyHint {
  key: string;
  what: string;
  values: string[];
}

export const KEY_HINTS: KeyHint[] = [
  { key: "client", what: "part of the program's name", values: [] },
  { key: "model", what: "part of the model's name", values: [] },
  { key: "kind", what: "what it asks for", values: [] },
  { key: "status", what: "200, >=400, 400..499", values: [">=400", "429", "529"] },
  { key: "is", what: "a state", values: ["error", "running", "slow", "cachemiss"] },
  { key: "project", what: "part of the folder", values: [] },
  { key: "host", what: "the upstream", values: [] },
  { key: "session", what: "the beginning of a session's id", values: [] },
  { key: "cost", what: ">$0.5", values: [">$0.1", ">$1"] },
  { key: "dur", what: ">5s, 200ms..2s", values: [">10s", ">60s"] },
  { key: "ttft", what: ">2s", values: [">2s", ">5s"] },
  { key: "in", what: "input tokens: >10k", values: [">10k", ">100k"] },
  { key: "out", what: "output tokens: >1k", values: [">1k", ">10k"] },
  { key: "cached", what: "cached tokens: >10k", values: [">10k", ">100k"] },
  { key: "size", what: "bytes: >1MB", values: [">1MB"] },
  { key: "stop", what: "why the model stopped", values: ["tool_use", "end_turn", "max_tokens"] },
  { key: "agent", what: "the sub-agent; * for any", values: ["*"] },
  { key: "path", what: "part of the path", values: [] },
  { key: "method", what: "the method", values: ["POST", "GET"] },
  { key: "id", what: "the request's id", values: [] },
  { key: "before", what: "2026-11-23 or with a time", values: [] },
  { key: "after", what: "2026-11-23 or with a time", values: [] },
];

export const SEARCH_HINTS: KeyHint[] = [
  { key: "in", what: "in what kind of text", values: ["prompt", "answer", "thinking", "tool", "result", "system"] },
  { key: "client", what: "part of the program's name", values: [] },
  { key: "model", what: "part of the model's name", values: [] },
  { key: "tool", what: "part of the tool's name", values: ["Bash", "Read", "Edit"] },
  { key: "role", what: "who says it", values: ["user", "assistant", "system", "tool"] },
  { key: "status", what: "200, >=400, 400..499", values: [">=400"] },
  { key: "is", what: "a state", values: ["error"] },
  { key: "session", what: "the beginning of a session's id", values: [] },
  { key: "before", what: "2026-11-23 or with a time", values: [] },
  { key: "after", what: "2026-11-23 or with a time", values: [] },
];

export interface Suggestion {
  /** The whole line if it is taken, without what follows the caret. */
  line: string;
  label: string;
  detail: string;
}

/** What could be meant by the word before the caret: keys at its beginning, values behind the colon. */
export function suggestions(before: string, hints: KeyHint[], facets: Facet[], most = 8): Suggestion[] {
  const word = (/\S*$/.exec(before)?.[0] ?? "").replace(/^-?\(/, "");
  const head = before.slice(0, before.length - word.length);
  const [, minus = "", key = "", colon = "", typed = ""] = /^(-?)([A-Za-z]*)(:?)(.*)$/s.exec(word) ?? [];
  if (word === "" || typed.startsWith('"')) return [];
  if (colon === "") {
    return hints
      .filter((hint) => key !== "" && hint.key.startsWith(key.toLowerCase()))
      .slice(0, most)
      .map((hint) => ({ line: `${head}${minus}${hint.key}:`, label: `${hint.key}:`, detail: hint.what }));
  }
  return values(key.toLowerCase(), hints, facets)
    .filter(({ value }) => value.toLowerCase().includes(typed.toLowerCase()) && value !== typed)
    .slice(0, most)
    .map(({ value, detail }) => ({
      line: `${head}${written(key.toLowerCase(), [value], minus === "-")} `,
      label: value,
      detail,
    }));
}

function values(key: string, hints: KeyHint[], facets: Facet[]): { value: string; detail: string }[] {
  const counted = facets.find((facet) => facet.key === key)?.values ?? [];
  const named = hints.find((hint) => hint.key === key)?.values ?? [];
  const rest = named.filter((value) => !counted.some((each) => each.value === value));
  return [
    ...counted.map(({ value, requests }) => ({ value, detail: requests.toLocaleString("en-US") })),
    ...rest.map((value) => ({ value, detail: "" })),
  ];
}
