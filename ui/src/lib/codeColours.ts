// Code in coloured pieces. Loaded when the first code is shown: the grammars are the largest part of the page.

import type { Emitter } from "highlight.js";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

/** What a piece of code is; the grammars know more kinds than there are colours. */
export type CodeKind = "word" | "name" | "text" | "number" | "comment" | "comes" | "goes" | null;

export interface CodePiece {
  text: string;
  kind: CodeKind;
}

/** Longer code stays plain: each piece is an element of the page. */
const MAX_CHARS = 8000;

const LANGUAGES = { bash, c, cpp, css, diff, go, ini, java, javascript, json, python, rust, sql, typescript, xml, yaml };
for (const [name, grammar] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, grammar);

const KINDS: Record<string, CodeKind> = {
  keyword: "word", built_in: "word", literal: "number", type: "name", title: "name", attr: "name", attribute: "name",
  property: "name", name: "word", tag: "word", section: "name", "selector-tag": "word", "selector-class": "name",
  string: "text", regexp: "text", number: "number", symbol: "number", comment: "comment", quote: "comment", meta: "comment",
  doctag: "comment", addition: "comes", deletion: "goes",
};

/** Takes what a grammar finds as pieces. The library's own way would be markup. */
class Pieces implements Emitter {
  readonly all: CodePiece[] = [];
  readonly #kinds: CodeKind[] = [];

  startScope(name: string): void {
    this.#kinds.push(KINDS[name.split(".", 1)[0] ?? ""] ?? this.#kinds.at(-1) ?? null);
  }

  endScope(): void {
    this.#kinds.pop();
  }

  /** The library calls both names. */
  openNode(name: string): void {
    this.startScope(name);
  }

  closeNode(): void {
    this.endScope();
  }

  addText(text: string): void {
    const kind = this.#kinds.at(-1) ?? null;
    const last = this.all.at(-1);
    if (last && last.kind === kind) last.text += text;
    else if (text !== "") this.all.push({ text, kind });
  }

  __addSublanguage(inner: Emitter): void {
    if (inner instanceof Pieces) this.all.push(...inner.all);
  }

  finalize(): void {
    // Nothing is left open: scopes that were not ended hold no text.
  }

  toHTML(): string {
    return "";
  }
}

hljs.configure({ __emitter: Pieces });

/** The code in pieces; null: its language is not known, or it is too long. */
export function codePieces(code: string, language: string): CodePiece[] | null {
  const name = language.trim().split(/[\s,{]/, 1)[0]?.toLowerCase() ?? "";
  if (name === "" || code.length > MAX_CHARS || !hljs.getLanguage(name)) return null;
  const { _emitter: emitter } = hljs.highlight(code, { language: name, ignoreIllegals: true });
  if (!(emitter instanceof Pieces)) return null;
  // A grammar that fails leaves the rest out: then the code is shown without colours, and whole.
  const length = emitter.all.reduce((sum, piece) => sum + piece.text.length, 0);
  return length === code.length ? emitter.all : null;
}
