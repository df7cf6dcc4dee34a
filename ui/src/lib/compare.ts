// What a request's body has that the one before it had not, whichever API it speaks.

import type { Replacement } from "./toolCall";
import { firstLine } from "./visible";

/** What differs between two bodies. */
export interface Comparison {
  parameters: Parameter[];
  /** The instructions, where they differ. */
  system: Replacement | null;
  tools: Changed[];
  /** Messages at the beginning that are the same. */
  sameMessages: number;
  messages: Changed[];
}

/** A parameter of the request as JSON; null: it has none. */
export interface Parameter {
  name: string;
  before: string | null;
  after: string | null;
}

/** Something that is gone, new, or not what it was. */
export interface Changed {
  name: string;
  preview: string;
  before: unknown;
  after: unknown;
}

const SYSTEM = ["system", "instructions", "systemInstruction", "system_instruction"];
const MESSAGES = ["messages", "input", "contents"];

type Json = Record<string, unknown>;

/** Compares two bodies; null: one of them is no JSON object. */
export function compareBodies(before: unknown, after: unknown): Comparison | null {
  const [old, recent] = [objectOf(plain(before)), objectOf(plain(after))];
  if (!old || !recent) return null;
  const messages = compareLists(messagesOf(old), messagesOf(recent));
  return {
    parameters: parameters(old, recent),
    system: replaced(systemOf(old), systemOf(recent)),
    tools: compareTools(toolsOf(old), toolsOf(recent)),
    sameMessages: messages.same,
    messages: messages.changed,
  };
}

/** Marks for the provider's cache move with every turn, and say nothing that the model reads. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  const fields = objectOf(value);
  if (!fields) return value;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, inner]) => (name === "cache_control" ? [] : [[name, plain(inner)]])),
  );
}

function parameters(before: Json, after: Json): Parameter[] {
  const told = [...SYSTEM, ...MESSAGES, "tools"];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !told.includes(name));
  return names
    .map((name) => ({ name, before: text(before[name]), after: text(after[name]) }))
    .filter((parameter) => parameter.before !== parameter.after);
}

function text(value: unknown): string | null {
  return value === undefined ? null : (JSON.stringify(value) ?? null);
}

function replaced(before: string, after: string): Replacement | null {
  return before === after ? null : { before, after };
}

function systemOf(body: Json): string {
  return SYSTEM.map((name) => words(body[name]))
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The texts in a value, whatever they are wrapped in. */
function words(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join("\n\n");
  const fields = objectOf(value);
  if (!fields) return "";
  return words(fields.text ?? fields.parts ?? fields.content ?? fields.output ?? fields.input ?? fields.arguments ?? "");
}

function messagesOf(body: Json): unknown[] {
  const value = MESSAGES.map((name) => body[name]).find((each) => each !== undefined);
  return Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
}

/** Conversations grow at their end: what is the same at both ends is left out, the middle is what changed. */
function compareLists(before: unknown[], after: unknown[]): { same: number; changed: Changed[] } {
  const [old, recent] = [before.map((item) => text(item)), after.map((item) => text(item))];
  let same = 0;
  while (same < old.length && same < recent.length && old[same] === recent[same]) same += 1;
  let end = 0;
  while (end < old.length - same && end < recent.length - same && old.at(-1 - end) === recent.at(-1 - end)) end += 1;
  const gone = before.slice(same, before.length - end).map((item) => described(item, true));
  const added = after.slice(same, after.length - end).map((item) => described(item, false));
  return { same, changed: [...gone, ...added] };
}

function described(message: unknown, isGone: boolean): Changed {
  const fields = objectOf(message);
  const name = [fields?.role, fields?.type].find((each) => typeof each === "string");
  const said = words(fields?.content ?? fields?.parts ?? message);
  return {
    name: typeof name === "string" ? name : "message",
    preview: firstLine(said || (text(fields?.content ?? message) ?? ""), 160),
    before: isGone ? message : undefined,
    after: isGone ? undefined : message,
  };
}

function toolsOf(body: Json): Map<string, unknown> {
  const tools = Array.isArray(body.tools) ? (body.tools as unknown[]) : [];
  const all = tools.flatMap((tool) => {
    const declared = objectOf(tool)?.functionDeclarations ?? objectOf(tool)?.function_declarations;
    return Array.isArray(declared) ? (declared as unknown[]) : [tool];
  });
  return new Map(all.map((tool) => [toolName(tool), tool]));
}

function toolName(tool: unknown): string {
  const fields = objectOf(tool);
  const name = fields?.name ?? objectOf(fields?.function)?.name ?? fields?.type;
  return typeof name === "string" ? name : (text(tool) ?? "");
}

function compareTools(before: Map<string, unknown>, after: Map<string, unknown>): Changed[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, preview: "", before: before.get(name), after: after.get(name) }))
    .filter((tool) => text(tool.before) !== text(tool.after));
}

function objectOf(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}
