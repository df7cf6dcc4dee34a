// Light, dark, or as the system has it.

import { Kept } from "./kept.svelte";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const kept = new Kept<Theme>("theme", "system", (value) => THEMES.find((theme) => theme === value) ?? null);

/** Sets the page's attribute to what was kept. */
export function applyTheme(): void {
  if (kept.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = kept.value;
}

export const theme = {
  get value(): Theme {
    return kept.value;
  },
  set value(value: Theme) {
    kept.value = value;
    applyTheme();
  },
};
