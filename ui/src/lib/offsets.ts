// Which entries of a list are seen whose heights differ but are known.

/** Where each entry begins, and behind the last, where the list ends. */
export function offsets(heights_px: number[]): number[] {
  const starts = [0];
  for (const height_px of heights_px) starts.push((starts.at(-1) ?? 0) + height_px);
  return starts;
}

/** The entries in a window, with `spare_px` more on either side. */
export function seenEntries(starts: number[], scroll_px: number, height_px: number, spare_px = 300) {
  const amount = starts.length - 1;
  const first = Math.max(0, firstBeyond(starts, scroll_px - spare_px) - 1);
  const end = Math.min(amount, firstBeyond(starts, scroll_px + height_px + spare_px));
  return { first: Math.min(first, amount), end };
}

/** The first start that lies beyond. */
function firstBeyond(starts: number[], at_px: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) > at_px) high = middle;
    else low = middle + 1;
  }
  return low;
}
