// A conversation as a Markdown document, for pasting elsewhere.

import { withoutAnsi } from "../ansi";
import { conversationRows, turnRows, type Row } from "./rows";
import type { PricedTurn } from "../../bindings/PricedTurn";

/** The whole session, sub-agents where they began. */
export function sessionMarkdown(title: string | null, turns: PricedTurn[]): string {
  return `# ${title ?? "Session"}\n\n${document(conversationRows(turns, false, () => true))}`;
}

/** What one request added, and its answer. */
export function turnMarkdown(turn: PricedTurn): string {
  return document(turnRows(turn, false));
}

function document(rows: Row[]): string {
  return `${rows.map(part).filter(Boolean).join("\n\n")}\n`;
}

function part(row: Row): string {
  switch (row.kind) {
    case "rule":
      return `---\n\n_#${row.step.first.seq} · ${row.step.first.started}${row.step.last.model ? ` · ${row.step.last.model}` : ""}_`;
    case "agent":
      return `## Sub-agent: ${row.title}`;
    case "user":
      return `**User**\n\n${row.text}`;
    case "assistant":
      return `**Assistant**\n\n${row.text}`;
    case "thinking":
      return row.text ? quote(`Thinking: ${row.text}`) : "";
    case "system":
      return `**System**\n\n${fenced(row.text)}`;
    case "note":
      return quote(`${row.tag}: ${row.text}`);
    case "tool":
      return [`**Tool ${row.use.name}**`, fenced(json(row.use.input), "json"), row.use.result ? fenced(withoutAnsi(row.use.result.text)) : ""]
        .filter(Boolean)
        .join("\n\n");
    case "result":
      return fenced(withoutAnsi(row.result.text));
    case "error":
      return quote(`Error: ${row.text}`);
    case "image":
      return `_Image${row.image.url ? ` ${row.image.url}` : ""}_`;
    case "other":
      return fenced(json(row.json), "json");
    case "aside":
    case "cut":
    case "gap":
    case "shrank":
    case "running":
      return "";
  }
}

function json(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

function quote(text: string): string {
  return text.replace(/^/gm, "> ");
}

/** A fence longer than any in the text, so that nothing in it ends it. */
function fenced(text: string, language = ""): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, match) => Math.max(most, match[0].length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}
