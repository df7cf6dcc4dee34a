// A long list that is read page by page, latest first, and kept fresh at its head.

import type { FilterChip } from "../bindings/FilterChip";
import type { Totals } from "../bindings/Totals";
import { merge, unseen } from "../lib/merge";

export interface Page<Row, Cursor> {
  rows: Row[];
  next: Cursor | null;
  /** On the first page only. */
  totals: Totals | null;
  chips: FilterChip[];
}

export interface Source<Row, Cursor> {
  fetch: (filter: string, before: Cursor | null, limit: number) => Promise<Page<Row, Cursor>>;
  key: (row: Row) => string;
  isRunning: (row: Row) => boolean;
  /** The host's own limit. */
  most: number;
}

const PAGE = 200;

export class PagedList<Row, Cursor> {
  rows: Row[] = $state.raw([]);
  totals: Totals | null = $state.raw(null);
  chips: FilterChip[] = $state.raw([]);
  error: string | null = $state(null);
  /** Another filter's rows are shown, or none, until the answer comes. */
  loading: boolean = $state(true);
  /** Whether the head is seen, and rows may move. */
  following: boolean = $state(true);
  /** How many rows came since it is not. */
  unseen: number = $state(0);
  #next: Cursor | null = $state.raw(null);
  #question: string | null = null;
  #line: () => string = () => "";
  #generation = 0;
  #reading = false;

  constructor(readonly source: Source<Row, Cursor>) {}

  get hasMore(): boolean {
    return this.#next !== null;
  }

  /**
   * Reads the list for a question; the same one is read again from its head. Its filter line is made anew each
   * time, because a range moves on.
   */
  async show(question: string, line: () => string): Promise<void> {
    this.#line = line;
    if (question === this.#question) return this.refresh();
    this.#question = question;
    this.following = true;
    this.loading = true;
    await this.#read(null, PAGE, (page) => {
      this.rows = page.rows;
      this.#next = page.next;
    });
  }

  /** Reads the head again, as far down as something runs. */
  async refresh(): Promise<void> {
    const running = this.rows.findLastIndex(this.source.isRunning);
    const limit = Math.min(this.source.most, Math.max(PAGE, running + 1));
    await this.#read(null, limit, (page) => {
      if (!this.following) {
        this.unseen = unseen(this.rows, page.rows, this.source.key);
        const fresh = new Map(page.rows.map((row) => [this.source.key(row), row]));
        this.rows = this.rows.map((row) => fresh.get(this.source.key(row)) ?? row);
        return;
      }
      // A head without an end behind it is the whole list.
      const merged = page.next === null ? null : merge(this.rows, page.rows, this.source.key);
      this.rows = merged ?? page.rows;
      if (merged === null || merged.length === page.rows.length) this.#next = page.next;
    });
  }

  /** Reads the next page, if there is one. */
  async more(): Promise<void> {
    if (this.#next === null || this.#reading || this.loading) return;
    this.#reading = true;
    try {
      await this.#read(this.#next, this.source.most, (page) => {
        const known = new Set(this.rows.map(this.source.key));
        this.rows = [...this.rows, ...page.rows.filter((row) => !known.has(this.source.key(row)))];
        this.#next = page.next;
      });
    } finally {
      this.#reading = false;
    }
  }

  /** Says whether the head is seen. */
  follow(following: boolean): void {
    if (following === this.following) return;
    this.following = following;
    if (following && this.unseen > 0) void this.refresh();
  }

  async #read(before: Cursor | null, limit: number, take: (page: Page<Row, Cursor>) => void): Promise<void> {
    // An answer that a later question has overtaken is dropped; a page further down does not overtake the head.
    const generation = before === null ? ++this.#generation : this.#generation;
    try {
      const page = await this.source.fetch(this.#line(), before, limit);
      if (generation !== this.#generation) return;
      take(page);
      this.error = null;
      if (before !== null) return;
      this.totals = page.totals;
      this.chips = page.chips;
      if (this.following) this.unseen = 0;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.error = error instanceof Error ? error.message : String(error);
    }
    if (before === null) this.loading = false;
  }
}
