// Two texts as the lines that go, come and stay. Of long stretches that stay, only the edges are kept.

import { diffLines } from "diff";

import type { Replacement } from "./toolCall";

/** A line; `…` stands for as many as its text says. */
export interface DiffLine {
  sign: "+" | "−" | " " | "…";
  text: string;
}

/** Comparing takes longer the more differs: past this, all old lines go and all new ones come. */
const MAX_COMPARED_CHARS = 400_000;

/** Lines that stay are shown this far from those that do not. */
const NEAR_LINES = 3;

/** The lines of an edit. */
export function lineDiff({ before, after }: Replacement): DiffLine[] {
  if (before.length + after.length > MAX_COMPARED_CHARS) return [...signed("−", before), ...signed("+", after)];
  const parts = diffLines(before, after);
  return parts.flatMap((part, at) => {
    const lines = signed(part.added ? "+" : part.removed ? "−" : " ", part.value);
    return part.added || part.removed ? lines : edges(lines, at > 0, at < parts.length - 1);
  });
}

function edges(lines: DiffLine[], isBehind: boolean, isBefore: boolean): DiffLine[] {
  const head = isBehind ? NEAR_LINES : 0;
  const tail = isBefore ? NEAR_LINES : 0;
  const between = lines.length - head - tail;
  if (between <= 1) return lines;
  const same: DiffLine = { sign: "…", text: `${between.toLocaleString("en-US")} lines are the same` };
  return [...lines.slice(0, head), same, ...lines.slice(lines.length - tail)];
}

function signed(sign: DiffLine["sign"], text: string): DiffLine[] {
  if (text === "") return [];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => ({ sign, text: line }));
}
