// What a tool call does, in a line: the argument that says most, whatever the client calls it.

import type { Block } from "../bindings/Block";
import { bytes, plural } from "./format";
import { firstLine } from "./visible";

/** How a call is shown when it is opened. */
export type ToolForm =
  | { form: "shell"; command: string; rest: Record<string, unknown> }
  | { form: "edit"; path: string; edits: Replacement[] }
  | { form: "write"; path: string; content: string }
  | { form: "arguments"; input: unknown };

/** A text and what takes its place. */
export interface Replacement {
  before: string;
  after: string;
}

/** What a call does to a file. */
export interface FileTouch {
  path: string;
  how: "read" | "edit" | "write";
}

/** How much a result is: its text, and the images that came with it. */
export function resultFacts({ text, images }: Extract<Block, { type: "tool_result" }>): string {
  const parts = text ? [bytes(text.length)] : [];
  if (images.length > 0) parts.push(plural(images.length, "image"));
  return parts.join(" · ");
}

/** Characters of a summary. */
const MAX_SUMMARY = 160;

/** The keys that say most, the most telling first. */
const TELLING = [
  "command", "cmd", "file_path", "filePath", "pattern", "path", "notebook_path", "query", "url", "description",
  "prompt", "name", "subject", "skill", "input", "code", "id",
];

/** Which place of a conversation the call is about, in one line. */
export function toolSummary(input: unknown): string {
  if (typeof input === "string") return firstLine(input, MAX_SUMMARY);
  const fields = objectOf(input);
  if (!fields) return input === null || input === undefined ? "" : firstLine(JSON.stringify(input), MAX_SUMMARY);
  const patched = patchedFiles(fields)[0];
  if (patched) return patched.path;
  const key = TELLING.find((name) => shellText(fields[name]) !== null);
  if (key) return withPlace(firstLine(shellText(fields[key]) ?? "", MAX_SUMMARY), key, fields);
  const keys = Object.keys(fields);
  return keys.length === 0 ? "" : firstLine(JSON.stringify(input), MAX_SUMMARY);
}

/** A search says where it searches, a read which lines. */
function withPlace(summary: string, key: string, fields: Record<string, unknown>): string {
  if (key === "pattern" && typeof fields.path === "string") return `${summary}  in ${fields.path}`;
  if (typeof fields.offset === "number") {
    const to = typeof fields.limit === "number" ? `–${fields.offset + fields.limit}` : "–";
    return `${summary}  lines ${fields.offset}${to}`;
  }
  return summary;
}

/** How to show the call. */
export function toolForm(input: unknown): ToolForm {
  const fields = objectOf(input);
  if (!fields) return { form: "arguments", input };
  const path = pathOf(fields);
  const edits = replacements(fields);
  if (edits.length > 0) return { form: "edit", path: path ?? "", edits };
  if (path !== null && typeof fields.content === "string") return { form: "write", path, content: fields.content };
  for (const key of ["command", "cmd"]) {
    const command = shellText(fields[key]);
    if (command === null) continue;
    const { [key]: _, ...rest } = fields;
    return { form: "shell", command, rest };
  }
  return { form: "arguments", input };
}

/** The files that a call is about. */
export function filesTouched(name: string, input: unknown): FileTouch[] {
  const fields = objectOf(input);
  if (!fields) return [];
  const patched = patchedFiles(fields);
  if (patched.length > 0) return patched;
  const path = pathOf(fields);
  if (path === null || path === "") return [];
  if (replacements(fields).length > 0 || /edit|patch|replace/i.test(name)) return [{ path, how: "edit" }];
  if (typeof fields.content === "string" || /write|create/i.test(name)) return [{ path, how: "write" }];
  return /read|view|open|cat/i.test(name) ? [{ path, how: "read" }] : [];
}

function replacements(fields: Record<string, unknown>): Replacement[] {
  if (Array.isArray(fields.edits)) return fields.edits.flatMap((edit) => replacements(objectOf(edit) ?? {}));
  const before = fields.old_string ?? fields.oldString ?? fields.old_str;
  const after = fields.new_string ?? fields.newString ?? fields.new_str;
  return typeof before === "string" && typeof after === "string" ? [{ before, after }] : [];
}

function pathOf(fields: Record<string, unknown>): string | null {
  for (const key of ["file_path", "filePath", "notebook_path", "absolute_path", "path"]) {
    const value = fields[key];
    if (typeof value === "string") return value;
  }
  return null;
}

/** Codex's `apply_patch` names its files inside its text. */
function patchedFiles(fields: Record<string, unknown>): FileTouch[] {
  const text = shellText(fields.input) ?? shellText(fields.patch) ?? shellText(fields.command) ?? "";
  if (!text.includes("*** Begin Patch")) return [];
  return [...text.matchAll(/^\*\*\* (Add|Update|Delete) File: (.+)$/gm)].map((match) => ({
    path: match[2] ?? "",
    how: match[1] === "Add" ? "write" : "edit",
  }));
}

/** Commands come as text, or as a list of words. */
function shellText(value: unknown): string | null {
  if (typeof value === "string" && value !== "") return value;
  if (!Array.isArray(value) || !value.every((word) => typeof word === "string")) return null;
  const words = value as string[];
  const script = /^(.*\/)?(ba|z|da)?sh$/.test(words[0] ?? "") && /^-l?c$/.test(words[1] ?? "") ? words[2] : null;
  return script ?? (words.length > 0 ? words.join(" ") : null);
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
