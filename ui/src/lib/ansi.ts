// What terminals were told: colours are kept as names, every other sequence is dropped.

import { visible } from "./visible";

/** The eight colours of ECMA-48; the bright ones are shown as the same. */
export type AnsiColour = "black" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "white";

/** Text of one look. */
export interface AnsiPiece {
  text: string;
  colour: AnsiColour | null;
  bold: boolean;
  dim: boolean;
}

const COLOURS: AnsiColour[] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** CSI and OSC sequences, and the two-character ones. */
const SEQUENCE = /\u001b(?:\[([0-9;:?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_=>78])/g;

interface Look {
  colour: AnsiColour | null;
  bold: boolean;
  dim: boolean;
}

/** The text in pieces, without its escape sequences. */
export function ansiPieces(text: string): AnsiPiece[] {
  if (!text.includes("\u001b")) return [{ text: visible(text), colour: null, bold: false, dim: false }];
  const pieces: AnsiPiece[] = [];
  let look: Look = { colour: null, bold: false, dim: false };
  let from = 0;
  const take = (to: number): void => {
    if (to > from) pieces.push({ text: visible(text.slice(from, to)), ...look });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    take(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") look = changed(look, match[1] ?? "");
  }
  take(text.length);
  return pieces;
}

/** The text alone. */
export function withoutAnsi(text: string): string {
  return text.includes("\u001b") ? text.replace(SEQUENCE, "") : text;
}

function changed(look: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  const next = { ...look };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    // `38;5;n` and `38;2;r;g;b` name colours that a theme cannot know: the text keeps its own.
    if (code === 38 || code === 48) {
      at += codes[at + 1] === 5 ? 2 : 4;
      if (code === 38) next.colour = null;
    } else change(next, code);
  }
  return next;
}

function change(look: Look, code: number): void {
  if (code === 0) Object.assign(look, { colour: null, bold: false, dim: false });
  else if (code === 1) look.bold = true;
  else if (code === 2) look.dim = true;
  else if (code === 22) Object.assign(look, { bold: false, dim: false });
  else if (code === 39) look.colour = null;
  else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) look.colour = COLOURS[code % 10] ?? null;
}
