// A list's fresh head put together with the rows that were read before.

/** The head, then the older rows that are not in it. None when they do not touch: what lies between is not known. */
export function merge<Row>(old: Row[], head: Row[], key: (row: Row) => string): Row[] | null {
  const fresh = new Set(head.map(key));
  const rest = old.filter((row) => !fresh.has(key(row)));
  if (rest.length === old.length && old.length > 0) return null;
  return [...head, ...rest];
}

/** How many rows of the head are not among the old ones. */
export function unseen<Row>(old: Row[], head: Row[], key: (row: Row) => string): number {
  const known = new Set(old.map(key));
  // What lies below the last known row was merely never read.
  const last = head.findLastIndex((row) => known.has(key(row)));
  return head.filter((row, at) => (last < 0 || at < last) && !known.has(key(row))).length;
}
