// What the lists are asked: the filter line with the range, and the ways to change it.

import { rangeTerm, terms, toggleValue } from "../lib/filter";
import type { Range } from "../lib/place";
import type { FilterChip } from "../bindings/FilterChip";
import { location } from "./location.svelte";

class Question {
  get filter(): string {
    return location.place.filter;
  }

  get range(): Range {
    return location.place.range;
  }

  /** The same as long as filter and range are. */
  get identity(): string {
    return `${this.range} ${this.filter}`;
  }

  /** What the host is asked at this moment. */
  line = (): string => withRange(this.filter, this.range);

  ask(filter: string): void {
    location.push({ filter: filter.trim() });
  }

  setRange(range: Range): void {
    location.push({ range });
  }

  /** Asks for a value, or leaves it out, or takes that back. */
  toggle(key: string, value: string, excluded = false): void {
    this.ask(toggleValue(this.filter, key, value, excluded));
  }

  /** The chips of what was typed: the range is shown elsewhere. */
  chips(answered: FilterChip[]): FilterChip[] {
    const typed = terms(this.filter);
    return answered.filter((chip) => typed.includes(chip.text));
  }
}

export function withRange(filter: string, range: Range): string {
  const term = rangeTerm(range, Date.now());
  return term === null ? filter : `${filter} ${term}`.trim();
}

export const question = new Question();
