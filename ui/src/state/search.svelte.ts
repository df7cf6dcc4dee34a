// What a search found, page by page.

import type { Cursor } from "../bindings/Cursor";
import type { Found } from "../bindings/Found";
import type { SessionHits } from "../bindings/SessionHits";
import { call, CallFailure } from "../ipc/call";
import { terms } from "../lib/filter";
import type { Range } from "../lib/place";
import { withRange } from "./question.svelte";

const PAGE = 30;

class Search {
  found: SessionHits[] = $state.raw([]);
  /** What `found` was found for; empty: nothing was searched for. */
  query: string = $state("");
  loading: boolean = $state(false);
  error: string | null = $state(null);
  /** Session files that are still to be read. */
  unread_files: number = $state(0);
  /** Words that too many texts have to say which are the best. */
  unranked: string[] = $state.raw([]);
  /** While nothing was found yet: how far back it was searched. */
  back_to_ms: number | null = $state(null);
  took_ms: number = $state(0);
  #next: Cursor | null = $state.raw(null);
  #asked = "";
  #generation = 0;

  get hasMore(): boolean {
    return this.#next !== null;
  }

  async run(query: string, range: Range): Promise<void> {
    const generation = ++this.#generation;
    this.error = null;
    if (terms(query).length === 0) {
      this.found = [];
      this.query = "";
      this.loading = false;
      return;
    }
    this.loading = true;
    this.back_to_ms = null;
    const began_ms = performance.now();
    this.#asked = withRange(query, range);
    try {
      const answer = await this.#page(null, generation);
      if (answer === null) return;
      this.found = answer.sessions;
      this.unread_files = answer.unread_files;
      this.unranked = answer.unranked;
      this.#next = answer.next;
      this.query = query;
      this.took_ms = performance.now() - began_ms;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.error = (error as CallFailure).message;
    }
    this.loading = false;
  }

  async more(): Promise<void> {
    const next = this.#next;
    if (next === null || this.loading) return;
    const generation = this.#generation;
    this.loading = true;
    try {
      const answer = await this.#page(next, generation);
      if (answer === null) return;
      this.found = [...this.found, ...answer.sessions];
      this.#next = answer.next;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.error = (error as CallFailure).message;
      this.#next = null;
    }
    this.loading = false;
  }

  /** The next page with something in it: one may end empty when enough was looked at. Null: something else is asked by now. */
  async #page(after: Cursor | null, generation: number): Promise<Found | null> {
    for (;;) {
      const answer = await call("search", { query: this.#asked, after, limit: PAGE });
      if (generation !== this.#generation) return null;
      if (answer.sessions.length > 0 || answer.next === null) return answer;
      if (after === null) this.found = [];
      after = answer.next;
      this.back_to_ms = after.last_ms;
    }
  }
}

export const search = new Search();
