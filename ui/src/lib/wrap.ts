// Text as rows of one height: long lines are cut where the view ends, so that any text scrolls as fast as a list.

/** A row of text. */
export interface TextRow {
  /** The line's number, on its first row. */
  number: number | null;
  text: string;
  /** Where the row begins in the whole text. */
  from: number;
}

/** The rows of a text of which `columns` characters stand side by side. */
export function wrapped(text: string, columns: number): TextRow[] {
  const rows: TextRow[] = [];
  let from = 0;
  for (const [index, line] of text.split("\n").entries()) {
    for (let at = 0; at === 0 || at < line.length; at += columns) {
      rows.push({ number: at === 0 ? index + 1 : null, text: line.slice(at, at + columns), from: from + at });
    }
    from += line.length + 1;
  }
  return rows;
}

/** The row that a place of the text is on. */
export function rowAt(rows: TextRow[], place: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle]?.from ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where `needle` (lower case) stands in the text, at most `max` places. */
export function placesOf(text: string, needle: string, max: number): number[] {
  if (needle === "") return [];
  const lower = text.toLowerCase();
  const places: number[] = [];
  for (let at = lower.indexOf(needle); at >= 0 && places.length < max; at = lower.indexOf(needle, at + needle.length)) {
    places.push(at);
  }
  return places;
}
