// Marks what was found in text that is on the page, without touching the page: ranges, painted by `::highlight`.
// A browser without the CSS Custom Highlight API (before Safari 17.2) shows the places without marks.

import "../styles/found.css";

const FOUND = "found";
const CURRENT = "found-current";

/** The places under `root` where `needle` (lower case) stands. Words that change their look in the middle are missed. */
export function rangesOf(root: Element, needle: string): Range[] {
  if (needle === "") return [];
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = (node.textContent ?? "").toLowerCase();
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, Math.min(at + needle.length, node.textContent?.length ?? 0));
      ranges.push(range);
    }
  }
  return ranges;
}

/** Paints the places; one of them stands out. */
export function paint(ranges: Range[], current: Range | null): void {
  if (!("highlights" in CSS)) return;
  CSS.highlights.set(FOUND, new Highlight(...ranges));
  if (!current) {
    CSS.highlights.delete(CURRENT);
    return;
  }
  const highlight = new Highlight(current);
  highlight.priority = 1;
  CSS.highlights.set(CURRENT, highlight);
}

export function unpaint(): void {
  if (!("highlights" in CSS)) return;
  CSS.highlights.delete(FOUND);
  CSS.highlights.delete(CURRENT);
}
