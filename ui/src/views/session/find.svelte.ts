// Finding in a session: which rows have what was typed, and which place is at hand.

import type { Row } from "../../lib/conversation/rows";
import { countHits, rowWords } from "../../lib/conversation/words";

/** A row that has it, and how often. */
export interface RowHits {
  index: number;
  hits: number;
}

export class Find {
  isOpen: boolean = $state(false);
  query: string = $state("");
  /** Which of all places is at hand, from 0; -1: none yet. */
  at: number = $state(-1);
  readonly #rows: () => Row[];
  /** What the rows say in lower case, kept while they are the same: it is searched at every key. */
  readonly #words = new WeakMap<Row, string>();

  constructor(rows: () => Row[]) {
    this.#rows = rows;
  }

  readonly needle: string = $derived.by(() => (this.isOpen ? this.query.trim().toLowerCase() : ""));

  readonly found: RowHits[] = $derived.by(() => {
    const needle = this.needle;
    if (needle === "") return [];
    return this.#rows()
      .map((row, index) => ({ index, hits: countHits(this.#wordsOf(row), needle) }))
      .filter(({ hits }) => hits > 0);
  });

  readonly total: number = $derived.by(() => this.found.reduce((sum, row) => sum + row.hits, 0));

  /** The row at hand, and which of its places; none: nothing was found, or nothing chosen. */
  readonly current: { index: number; nth: number } | null = $derived.by(() => {
    let left = this.at;
    if (left < 0) return null;
    for (const { index, hits } of this.found) {
      if (left < hits) return { index, nth: left };
      left -= hits;
    }
    return null;
  });

  step(by: 1 | -1): void {
    if (this.total > 0) this.at = (this.at + by + this.total) % this.total;
  }

  /** The first place at or behind a row. */
  stepFrom(index: number): void {
    let before = 0;
    for (const row of this.found) {
      if (row.index >= index) break;
      before += row.hits;
    }
    this.at = this.total > 0 ? before % this.total : -1;
  }

  #wordsOf(row: Row): string {
    let words = this.#words.get(row);
    if (words === undefined) {
      words = rowWords(row).toLowerCase();
      this.#words.set(row, words);
    }
    return words;
  }
}
