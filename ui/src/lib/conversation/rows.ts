// A session's turns as the rows of a conversation, in the order in which they are read.

import type { Block } from "../../bindings/Block";
import type { Image } from "../../bindings/Image";
import type { Message } from "../../bindings/Message";
import type { MissingBytes } from "../../bindings/MissingBytes";
import type { PricedTurn } from "../../bindings/PricedTurn";
import type { Side } from "../../bindings/Side";
import { contextTokens } from "../context";
import { firstLine } from "../visible";
import { passages } from "./reminders";
import { outcome, steps, type Step } from "./tries";

/** The body in which something stands. */
export interface BodyOf {
  request_id: string | null;
  what: Side;
}

/** A tool call and what came of it. */
export interface ToolUse {
  name: string;
  input: unknown;
  result: Extract<Block, { type: "tool_result" }> | null;
  /** Which request brought the result. */
  from: BodyOf | null;
  /** From the end of the answer that called to the request that brought the result. */
  wait_ms: number | null;
}

/** Whether a call's result may still come, came never, or is a later request's. */
export type Awaits = "pending" | "nothing" | "later";

/** Tries that ended alike and were made again, from 1. */
export interface Tries {
  first: number;
  last: number;
}

/** What a row shows. */
export type RowContent =
  | { kind: "rule"; step: Step; runs: boolean }
  | { kind: "aside"; turns: PricedTurn[] }
  | { kind: "system"; text: string; isFirst: boolean }
  | { kind: "note"; tag: string; text: string }
  | { kind: "user"; text: string }
  | { kind: "assistant"; text: string }
  | { kind: "thinking"; text: string; redacted: boolean; tokens: number | null }
  | { kind: "tool"; use: ToolUse; awaits: Awaits }
  | { kind: "result"; result: Extract<Block, { type: "tool_result" }>; callIs: "earlier" | "lost"; from: BodyOf }
  | { kind: "image"; image: Image; from: BodyOf }
  | { kind: "other"; name: string; json: unknown }
  | { kind: "error"; text: string; isOurs: boolean; tries: Tries | null }
  | { kind: "cut"; turn: PricedTurn }
  | { kind: "gap"; gap: MissingBytes }
  | { kind: "shrank"; from: number; to: number }
  | { kind: "running"; started: string }
  | { kind: "agent"; agent: string; title: string; turns: PricedTurn[] };

/** A row, and where it belongs. Rows keep their key when turns are added behind them. */
export type Row = RowContent & {
  key: string;
  /** The number of the turn that it belongs to. */
  seq: number;
  /** 1 inside a sub-agent's conversation. */
  depth: 0 | 1;
};

/** A conversation whose context falls below this share of itself was compacted or begun anew. */
const SHRANK_SHARE = 0.6;
/** Below this many tokens, contexts come and go. */
const SHRANK_LEAST_TOKENS = 20_000;

/** The rows; `opened` are the sub-agents whose conversation is to be shown. */
export function conversationRows(turns: PricedTurn[], runs: boolean, opened: (agent: string) => boolean): Row[] {
  const maker = new Maker(runs, false, hasAgent(turns));
  const agents = new Map<string, Step[]>();
  const order: (Step | string)[] = [];
  for (const step of steps(turns)) {
    const agent = step.first.agent;
    if (agent === null) order.push(step);
    else if (agents.has(agent)) agents.get(agent)?.push(step);
    else {
      agents.set(agent, [step]);
      order.push(agent);
    }
  }
  for (const entry of order) {
    if (typeof entry === "string") maker.agent(entry, agents.get(entry) ?? [], opened(entry));
    else maker.step(entry);
  }
  return maker.rows;
}

/** The rows of one turn, for a request's own page, whose heading says the rest. */
export function turnRows(turn: PricedTurn, runs: boolean): Row[] {
  const maker = new Maker(runs, true, false);
  maker.step({ at: 0, first: turn, last: turn, tries: [turn] });
  return maker.rows.filter((row) => !["rule", "aside", "error"].includes(row.kind));
}

interface Waiting {
  use: ToolUse;
  ended_ms: number | null;
}

class Maker {
  readonly rows: Row[] = [];
  readonly #runs: boolean;
  /** One request of its session: calls and results have their other half elsewhere. */
  readonly #isAlone: boolean;
  /** Whether an agent with tools works here, beside which its client asks small things of its own. */
  readonly #hasAgent: boolean;
  /** Calls without a result so far, by id: Gemini uses an id more than once. */
  readonly #waiting = new Map<string, Waiting[]>();
  #depth: 0 | 1 = 0;
  #step: Step | null = null;
  #part = 0;
  /** The turn that brought the first system prompt. */
  #prompted: Step | null = null;
  /** Tokens of the latest context, of the main conversation and of the sub-agent's at hand. */
  #context = [0, 0];

  /** The calls of each agent's latest answer: only their results may still come. */
  readonly #pending = new Map<string | null, Extract<RowContent, { kind: "tool" }>[]>();

  constructor(runs: boolean, isAlone: boolean, hasAgent: boolean) {
    this.#runs = runs;
    this.#isAlone = isAlone;
    this.#hasAgent = hasAgent;
  }

  agent(agent: string, all: Step[], isOpen: boolean): void {
    const first = all[0];
    if (!first) return;
    this.#begin(first);
    const turns = all.flatMap((step) => step.tries);
    this.#push({ kind: "agent", agent, title: titleOf(first.first) ?? agent, turns });
    if (!isOpen) return;
    this.#depth = 1;
    this.#context[1] = 0;
    for (const step of all) this.step(step);
    this.#depth = 0;
  }

  step(step: Step): void {
    const before = this.rows.at(-1);
    if (isAside(step.first) || (this.#hasAgent && isSmall(step))) {
      if (before?.kind === "aside" && before.depth === this.#depth) before.turns.push(...step.tries);
      else {
        this.#begin(step);
        this.#push({ kind: "aside", turns: [...step.tries] });
      }
      return;
    }
    this.#begin(step);
    for (const call of this.#pending.get(step.first.agent) ?? []) call.awaits = "nothing";
    this.#pending.delete(step.first.agent);
    this.#shrank(step);
    this.#push({ kind: "rule", step, runs: this.#runs });
    for (const message of step.first.new_messages) this.#message(message, step.first, false);
    for (const [at, tried] of step.tries.entries()) if (tried !== step.last) this.#givenUp(tried, at + 1);
    if (step.last.answer) this.#message(step.last.answer, step.last, true);
    this.#end(step);
  }

  /** What came of a try that was made again, the `number`th. */
  #givenUp(tried: PricedTurn, number: number): void {
    if (tried.answer) this.#message(tried.answer, tried, true);
    switch (outcome(tried, this.#runs)) {
      case "cut":
        this.#push({ kind: "cut", turn: tried });
        break;
      case "failed":
        this.#failed(tried, number);
    }
  }

  /** Tries that fail alike, one after the other, are one row. */
  #failed(tried: PricedTurn, number: number): void {
    const text = tried.error ?? statusText(tried);
    const before = this.rows.at(-1);
    if (before?.kind === "error" && before.tries?.last === number - 1 && before.text === text) before.tries.last = number;
    else this.#push({ kind: "error", text, isOurs: tried.end === "refused", tries: { first: number, last: number } });
  }

  #begin(step: Step): void {
    this.#step = step;
    this.#part = 0;
  }

  #push(content: RowContent): void {
    const step = this.#step;
    if (!step) return;
    // An opened sub-agent's first turn and its heading begin at the same place.
    const key = `${step.at}.${this.#depth}${content.kind === "agent" ? "a" : ""}.${this.#part++}`;
    this.rows.push(Object.assign(content, { key, seq: step.first.seq, depth: this.#depth }));
  }

  #shrank(step: Step): void {
    const tokens = contextTokens(step.last.usage);
    if (tokens === null || step.first.kind !== "chat") return;
    const before = this.#context[this.#depth] ?? 0;
    if (before >= SHRANK_LEAST_TOKENS && tokens < before * SHRANK_SHARE && step.first.new_messages.length > 1) {
      this.#push({ kind: "shrank", from: before, to: tokens });
    }
    this.#context[this.#depth] = tokens;
  }

  #message(message: Message, turn: PricedTurn, isAnswer: boolean): void {
    for (const block of message.blocks) {
      switch (block.type) {
        case "text":
          this.#text(message.role, block.text);
          break;
        case "thinking":
          this.#push({
            kind: "thinking",
            text: block.text,
            redacted: block.redacted,
            tokens: isAnswer ? (turn.usage?.reasoning_tokens ?? null) : null,
          });
          break;
        case "tool_call":
          this.#call(block, turn, isAnswer);
          break;
        case "tool_result":
          this.#result(block, turn, isAnswer);
          break;
        case "image":
          this.#push({ kind: "image", image: block, from: bodyOf(turn, isAnswer) });
          break;
        case "other":
          this.#push({ kind: "other", name: block.kind, json: block.json });
      }
    }
  }

  #text(role: Message["role"], text: string): void {
    if (role === "system") {
      // A prompt may be of several texts: only what comes in a later turn is another one.
      this.#prompted ??= this.#step;
      this.#push({ kind: "system", text, isFirst: this.#prompted === this.#step });
    } else if (role === "assistant") this.#push({ kind: "assistant", text });
    else {
      for (const passage of passages(text)) {
        if (passage.tag === null) this.#push({ kind: "user", text: passage.text });
        else this.#push({ kind: "note", tag: passage.tag, text: passage.text });
      }
    }
  }

  #call(block: Extract<Block, { type: "tool_call" }>, turn: PricedTurn, isAnswer: boolean): void {
    const use: ToolUse = { name: block.name, input: block.input, result: null, from: null, wait_ms: null };
    const ended_ms = isAnswer && turn.timing ? Date.parse(turn.started) + turn.timing.total_ms : null;
    this.#waiting.set(block.id, [...(this.#waiting.get(block.id) ?? []), { use, ended_ms }]);
    const awaits = this.#isAlone ? "later" : this.#runs ? "pending" : "nothing";
    const row: Extract<RowContent, { kind: "tool" }> = { kind: "tool", use, awaits };
    this.#pending.set(turn.agent, [...(this.#pending.get(turn.agent) ?? []), row]);
    this.#push(row);
  }

  #result(block: Extract<Block, { type: "tool_result" }>, turn: PricedTurn, isAnswer: boolean): void {
    const from = bodyOf(turn, isAnswer);
    const call = this.#waiting.get(block.id)?.shift();
    if (!call) {
      this.#push({ kind: "result", result: block, callIs: this.#isAlone ? "earlier" : "lost", from });
      return;
    }
    call.use.result = block;
    call.use.from = from;
    const wait_ms = call.ended_ms === null ? null : Date.parse(turn.started) - call.ended_ms;
    call.use.wait_ms = wait_ms !== null && wait_ms >= 0 ? wait_ms : null;
  }

  #end(step: Step): void {
    const turn = step.last;
    for (const gap of turn.gap) this.#push({ kind: "gap", gap });
    switch (outcome(turn, this.#runs)) {
      case "running":
        this.#push({ kind: "running", started: turn.started });
        break;
      case "failed":
        this.#push({ kind: "error", text: turn.error ?? statusText(turn), isOurs: turn.end === "refused", tries: null });
        break;
      case "cut":
        this.#push({ kind: "cut", turn });
        break;
      case "ok":
      case "lost":
        if (turn.error) this.#push({ kind: "error", text: turn.error, isOurs: false, tries: null });
    }
  }
}

function bodyOf(turn: PricedTurn, isAnswer: boolean): BodyOf {
  return { request_id: turn.request_id, what: isAnswer ? "response" : "request" };
}

function statusText(turn: PricedTurn): string {
  return turn.status ? `The provider answered with status ${turn.status} and no message.` : "No response came.";
}

/** Counting tokens, warming caches, listing models: what clients do by the way. */
function isAside(turn: PricedTurn): boolean {
  return turn.kind !== "chat" && turn.new_messages.length === 0 && turn.answer === null;
}

/** Whether the main conversation is an agent's, which has tools. */
function hasAgent(turns: PricedTurn[]): boolean {
  return turns.some((turn) => turn.kind === "chat" && turn.agent === null && turn.tools > 0);
}

/** One question without tools, answered in words: a client's for a title or a topic, which its user never sees asked. */
function isSmall({ first, last }: Step): boolean {
  const isOne = first.kind === "chat" && first.agent === null && first.tools === 0 && first.sent_messages === 1;
  return isOne && outcome(last, false) === "ok" && last.answer?.blocks.every((block) => block.type === "text") === true;
}

function titleOf(turn: PricedTurn): string | null {
  for (const message of turn.new_messages) {
    if (message.role !== "user") continue;
    for (const block of message.blocks) {
      if (block.type !== "text") continue;
      const said = passages(block.text).find((passage) => passage.tag === null);
      if (said) return firstLine(said.text, 120);
    }
  }
  return null;
}
