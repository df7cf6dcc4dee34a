import { Lexer, lexer } from "marked";
import { expect, test } from "vitest";

import { blocksOf, nextRules } from "./markdown";

test("what is nested as people nest it is read", () => {
  expect(blocksOf("> > - 1. x").map(({ type }) => type)).toEqual(["blockquote"]);
  expect(blocksOf("- a\n- b\n\ntext").map(({ type }) => type)).toEqual(["list", "space", "paragraph"]);
});

test("nesting without end stands as text", () => {
  for (const deep of [">".repeat(5000), "> ".repeat(5000), "- ".repeat(5000), "1. ".repeat(5000), `a\n${"> - ".repeat(3000)}`]) {
    expect(blocksOf(deep)).toMatchObject([{ type: "paragraph", raw: deep }]);
  }
});

test("much in a row is not deep", () => {
  expect(blocksOf(`${"- x\n".repeat(500)}`)[0]?.type).toBe("list");
  expect(blocksOf("-".repeat(5000))[0]?.type).toBe("hr");
});

const EVERYTHING = `# A *heading* of **two**

Under it www.example.com, a@b.example, <https://c.example>, \`code\` and ~~none~~\
a line, ![an image](https://d.example "title"), a [reference][r].

Another
=====

> quoted
> - list
>   1. [x] inner

| a | b |
|---|:-:|
| 1 | 2 |

\`\`\`rust
fn main() {}
\`\`\`

    indented

***

<b>html</b>

[r]: https://e.example "title"
`;

test("everything is read as marked reads it", () => {
  for (const text of [EVERYTHING, EVERYTHING.repeat(20), EVERYTHING.replaceAll("\n", "\r\n")]) {
    expect([...blocksOf(text)]).toEqual([...lexer(text)]);
  }
});

test("rules for what comes next look there only, and could not hold elsewhere", () => {
  for (const rules of [Object.values(nextRules(Lexer.rules.block.gfm)), Object.values(nextRules(Lexer.rules.inline.gfm))]) {
    const next = rules.filter((rule) => rule.sticky);
    expect(next.length).toBeGreaterThan(10);
    for (const rule of next) {
      expect(alternatives(rule.source).filter((each) => !each.startsWith("^"))).toEqual([]);
      const [once, again] = [rule.exec(EVERYTHING), rule.exec(EVERYTHING)];
      expect(again).toEqual(once);
    }
  }
});

/** What stands between the `|` outside of all brackets. */
function alternatives(source: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const [piece] of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|./gsu)) {
    if (piece === "(") depth += 1;
    if (piece === ")") depth -= 1;
    if (piece === "|" && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + piece);
  }
  return parts;
}
