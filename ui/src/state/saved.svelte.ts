// Filters that the user wants again.

import { isStrings, Kept } from "./kept.svelte";

const kept = new Kept<string[]>("saved_filters", [], isStrings);

/** Those that everybody needs. */
export const BUILT_IN: { name: string; filter: string }[] = [
  { name: "Everything", filter: "" },
  { name: "Running", filter: "is:running" },
  { name: "Failed", filter: "is:error" },
  { name: "Slow", filter: "is:slow" },
];

export const savedFilters = {
  get all(): string[] {
    return kept.value;
  },
  has(filter: string): boolean {
    return kept.value.includes(filter) || BUILT_IN.some((each) => each.filter === filter);
  },
  add(filter: string): void {
    kept.value = [...kept.value, filter];
  },
  remove(filter: string): void {
    kept.value = kept.value.filter((each) => each !== filter);
  },
};
