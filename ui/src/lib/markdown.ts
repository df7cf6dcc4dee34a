// Markdown as marked reads it, within bounds: each level of quotes and lists is a call within a call, and a few
// thousand `>` in a row would end the page.

import { getDefaults, Lexer, Tokenizer, type Token } from "marked";

/** Levels of quotes and lists that are laid out. People read no more. */
const MAX_DEPTH = 40;

/** The blocks of a text; one that is nested deeper than anybody writes stands as it is. */
export function blocksOf(text: string): Token[] {
  return nesting(text) > MAX_DEPTH ? [{ type: "paragraph", raw: text, text, tokens: [{ type: "text", raw: text, text }] }] : lex(text);
}

/**
 * A rule for what comes next in a text. WebKit tries many such rules at every character of all that is left, though
 * they can hold at its first only, and takes seconds for a long answer. Sticky ones it tries once.
 */
class NextRule extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    this.lastIndex = 0;
    return super.exec(text);
  }
}

/** The same rules, those for what comes next as such. */
export function nextRules<Name extends string>(rules: Record<Name, RegExp>): Record<Name, RegExp> {
  const all = Object.entries<RegExp>(rules).map(([name, rule]) => {
    const isNext = rule.source.startsWith("^") && !rule.global;
    return [name, isNext ? new NextRule(rule.source, `${rule.flags}y`) : rule];
  });
  return Object.fromEntries(all) as Record<Name, RegExp>;
}

const BLOCK = nextRules(Lexer.rules.block.gfm);
const INLINE = nextRules(Lexer.rules.inline.gfm);

function lex(text: string): Token[] {
  const tokenizer = new Tokenizer();
  const lexer = new Lexer({ ...getDefaults(), tokenizer });
  tokenizer.rules = { ...tokenizer.rules, block: BLOCK, inline: INLINE };
  return lexer.lex(text);
}

/** Quotes and list items that are open at once at most, counted by what can begin them in a line. */
function nesting(text: string): number {
  let most = 0;
  for (const [marks] of text.matchAll(/^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]))+/gm)) {
    if (marks.length > MAX_DEPTH) most = Math.max(most, marks.match(/>|[-+*][ \t]|\d[.)]/g)?.length ?? 0);
  }
  return most;
}
