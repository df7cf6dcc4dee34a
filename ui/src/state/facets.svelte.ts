// The values that can be filtered by, with how many requests have each.

import type { Facet } from "../bindings/Facet";
import { call } from "../ipc/call";
import { keysAsked, withoutKey } from "../lib/filter";
import type { Range } from "../lib/place";
import { withRange } from "./question.svelte";

class FacetCounts {
  facets: Facet[] = $state.raw([]);
  error: string | null = $state(null);
  #generation = 0;

  /** A key that is asked of is counted without itself: what else could be chosen stays in sight. */
  async show(filter: string, range: Range): Promise<void> {
    const generation = ++this.#generation;
    try {
      const { facets } = await call("facets", { filter: withRange(filter, range) });
      const asked = keysAsked(filter).filter((key) => facets.some((facet) => facet.key === key));
      const wider = await Promise.all(
        asked.map(async (key) => {
          const answer = await call("facets", { filter: withRange(withoutKey(filter, key), range) });
          return answer.facets.find((facet) => facet.key === key);
        }),
      );
      if (generation !== this.#generation) return;
      this.facets = facets.map((facet) => wider.find((each) => each?.key === facet.key) ?? facet);
      this.error = null;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.error = error instanceof Error ? error.message : String(error);
    }
  }
}

export const facetCounts = new FacetCounts();
