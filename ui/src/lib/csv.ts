// Tables for spreadsheets (RFC 4180).

export type Cell = string | number | null;

/** One line for each row, ending in CRLF. */
export function csv(rows: Cell[][]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  // Spreadsheets run what begins like a formula, and names come from strangers.
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
