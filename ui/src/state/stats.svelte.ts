// Sums over a span of time.

import type { Stats } from "../bindings/Stats";
import { call } from "../ipc/call";
import { rangeStart } from "../lib/filter";
import type { Range } from "../lib/place";

class StatsOfRange {
  answer: Stats | null = $state.raw(null);
  error: string | null = $state(null);
  loading: boolean = $state(true);
  #generation = 0;

  async show(filter: string, range: Range, quietly = false): Promise<void> {
    const generation = ++this.#generation;
    if (!quietly) this.loading = true;
    const to_ms = Date.now();
    const from_ms = rangeStart(range, to_ms) ?? 0;
    try {
      const utc_offset_min = -new Date(to_ms).getTimezoneOffset();
      const answer = await call("stats", { filter, from_ms, to_ms, utc_offset_min });
      if (generation !== this.#generation) return;
      this.answer = answer;
      this.error = null;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.loading = false;
  }
}

export const statsOfRange = new StatsOfRange();
