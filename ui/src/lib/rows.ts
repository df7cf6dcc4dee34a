// Which rows of a long list are seen.

export interface Rows {
  first: number;
  /** Behind the last. */
  end: number;
}

/** The rows of `row_px` each in a window of `height_px`, with `spare` more on either side. */
export function seenRows(scroll_px: number, height_px: number, row_px: number, amount: number, spare = 8): Rows {
  const first = Math.max(0, Math.floor(scroll_px / row_px) - spare);
  const end = Math.min(amount, Math.ceil((scroll_px + height_px) / row_px) + spare);
  return { first: Math.min(first, amount), end: Math.max(end, 0) };
}

/** Where to scroll so that a row is whole in the window; `scroll_px` if it is. */
export function scrollTo(row: number, scroll_px: number, height_px: number, row_px: number): number {
  const top_px = row * row_px;
  if (top_px < scroll_px) return top_px;
  if (top_px + row_px > scroll_px + height_px) return top_px + row_px - height_px;
  return scroll_px;
}
