// Marks what was found in the rows that are on the page.

import { paint, rangesOf, unpaint } from "../../parts/marks";

/** The row at hand, by its position, and which of its places. */
export interface Place {
  index: number;
  nth: number;
}

/** Marks all places under `scroller`; the one at hand stands out, and is scrolled to if that is wished. */
export function paintPlaces(scroller: HTMLElement, needle: string, current: Place | null, scrolls: boolean): void {
  if (needle === "") {
    unpaint();
    return;
  }
  const block = current ? scroller.querySelector(`[data-index="${current.index}"]`) : null;
  const inBlock = block ? rangesOf(block, needle) : [];
  // Markdown's signs are in the words and not on the page: the last place may be an earlier one here.
  const range = current ? (inBlock[Math.min(current.nth, inBlock.length - 1)] ?? null) : null;
  paint(rangesOf(scroller, needle), range);
  if (scrolls && range) reveal(scroller, range);
}

function reveal(scroller: HTMLElement, range: Range): void {
  const box = scroller.getBoundingClientRect();
  const place = range.getBoundingClientRect();
  const isSeen = place.top > box.top + 48 && place.bottom < box.bottom - 24;
  if (!isSeen) scroller.scrollBy({ top: place.top - box.top - box.height / 3 });
}

/** Calls `repaint` once in a frame in which something under `scroller` changed. What is returned ends it. */
export function whileShown(scroller: HTMLElement, repaint: () => void): () => void {
  let frame = requestAnimationFrame(repaint);
  const observer = new MutationObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(repaint);
  });
  observer.observe(scroller, { childList: true, subtree: true, characterData: true });
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    unpaint();
  };
}
