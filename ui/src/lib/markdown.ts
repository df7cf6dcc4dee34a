// Markdown as marked reads it, within bounds: each level of quotes and lists is a call within a call, and a few
// thousand `>` in a row would end the page.

import { lexer, type Token } from "marked";

/** Levels of quotes and lists that are laid out. People read no more. */
const MAX_DEPTH = 40;

/** The blocks of a text; one that is nested deeper than anybody writes stands as it is. */
export function blocksOf(text: string): Token[] {
  return nesting(text) > MAX_DEPTH ? [{ type: "paragraph", raw: text, text, tokens: [{ type: "text", raw: text, text }] }] : lexer(text);
}

/** Quotes and list items that are open at once at most, counted by what can begin them in a line. */
function nesting(text: string): number {
  let most = 0;
  for (const [marks] of text.matchAll(/^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]))+/gm)) {
    if (marks.length > MAX_DEPTH) most = Math.max(most, marks.match(/>|[-+*][ \t]|\d[.)]/g)?.length ?? 0);
  }
  return most;
}
