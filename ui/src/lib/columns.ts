// Which columns of a table fit.

export interface Column {
  id: string;
  title: string;
  /** Its width; the least one if it grows. */
  width_px: number;
  /** Takes what is left over. */
  grows?: boolean;
  /** Those with the highest number go first when there is no room; 0 stays. */
  rank: number;
  /** For numbers. */
  right?: boolean;
  /** Not shown until it is chosen. */
  extra?: boolean;
  /** What the rows can be listed by: the host's word. */
  order?: string;
  /** What the title is short for. */
  what?: string;
}

/** Those of `chosen` that fit into `room_px`, in their order. */
export function fitting<C extends Column>(chosen: C[], room_px: number): C[] {
  const byRank = [...chosen].sort((a, b) => a.rank - b.rank);
  const kept = new Set<C>();
  let used_px = 0;
  for (const column of byRank) {
    used_px += column.width_px;
    if (used_px > room_px && column.rank > 0) break;
    kept.add(column);
  }
  return chosen.filter((column) => kept.has(column));
}

/** For `grid-template-columns`. */
export function template(columns: Column[]): string {
  return columns.map(({ grows, width_px }) => (grows ? `minmax(${width_px}px, 1fr)` : `${width_px}px`)).join(" ");
}
