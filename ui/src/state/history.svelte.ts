// Filter lines that were used, latest first.

import { isStrings, Kept } from "./kept.svelte";

const MOST = 30;
const kept = new Kept<string[]>("filter_history", [], isStrings);

export const filterHistory = {
  get lines(): string[] {
    return kept.value;
  },
  add(line: string): void {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed === kept.value[0]) return;
    kept.value = [trimmed, ...kept.value.filter((each) => each !== trimmed)].slice(0, MOST);
  },
};
