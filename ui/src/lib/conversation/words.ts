// What each row says, for finding in it and for copying.

import { withoutAnsi } from "../ansi";
import type { Row } from "./rows";

/** The words of a row that can be found; what stands in rules is not said by anybody. */
export function rowWords(row: Row): string {
  switch (row.kind) {
    case "system":
    case "note":
    case "user":
    case "assistant":
    case "thinking":
    case "error":
      return row.text;
    case "tool":
      return [row.use.name, inputWords(row.use.input), withoutAnsi(row.use.result?.text ?? "")].join("\n");
    case "result":
      return withoutAnsi(row.result.text);
    case "other":
      return `${row.name}\n${inputWords(row.json)}`;
    case "agent":
      return row.title;
    case "image":
      return row.image.url ?? "";
    case "rule":
    case "aside":
    case "cut":
    case "gap":
    case "shrank":
    case "running":
      return "";
  }
}

/** Texts as they are, so that their quotes and line feeds can be found as they were written. */
function inputWords(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(inputWords).join("\n");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${inputWords(inner)}`)
      .join("\n");
  }
  return String(value);
}

/** How often `needle` stands in the text, both in lower case. */
export function countHits(lower: string, needle: string): number {
  if (needle === "") return 0;
  let hits = 0;
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, at + needle.length)) hits += 1;
  return hits;
}
