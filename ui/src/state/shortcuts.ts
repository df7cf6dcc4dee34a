// The keys that count on every screen.

import { call } from "../ipc/call";
import { copyText } from "./clipboard";
import { keys } from "./keys.svelte";
import { layout } from "./layout.svelte";
import { live } from "./live.svelte";
import { location, openView } from "./location.svelte";
import { complain } from "./toasts.svelte";

/** The box where filters and searches are typed. */
export function focusFilter(): void {
  const box = document.getElementById("filter");
  if (box instanceof HTMLInputElement) {
    box.focus();
    box.select();
  }
}

/** The row of the list that the arrow keys begin at. */
export function focusList(): void {
  document.querySelector<HTMLElement>('main [data-list] [tabindex="0"]')?.focus({ preventScroll: true });
}

/** What is open beside the list: from there the arrow keys scroll. */
export function focusDetail(): void {
  document.querySelector<HTMLElement>("[data-detail]")?.focus({ preventScroll: true });
}

/** A search for what stands in the filter box, or another one. */
export function openSearch(): void {
  openView("search");
  requestAnimationFrame(focusFilter);
}

export async function copyExports(): Promise<void> {
  try {
    const { text } = await call("exports", { shell: null, unset: false });
    await copyText(text, "Exports");
  } catch (error) {
    complain(error);
  }
}

interface Overlays {
  help: () => void;
  palette: () => void;
}

/** Registers them; what is returned takes them back. */
export function registerEverywhere(overlays: Overlays): () => void {
  const hasDetail = () => location.place.session !== null || location.place.request !== null;
  return keys.register(
    { key: "?", what: "Keys", run: overlays.help },
    { key: "Mod+k", what: "Find a command or a session", run: overlays.palette },
    { key: "/", what: "Filter; again: search", run: focusFilter },
    { key: "Mod+f", what: "Filter", run: focusFilter, when: () => !hasDetail() },
    { key: "Mod+Shift+f", what: "Search all that was said", run: openSearch },
    { key: "g s", what: "Go to sessions", run: () => openView("sessions") },
    { key: "g r", what: "Go to requests", run: () => openView("requests") },
    { key: "g f", what: "Go to search", run: openSearch },
    { key: "g t", what: "Go to stats", run: () => openView("stats") },
    { key: "Mod+,", what: "Settings", run: () => openView("settings") },
    { key: "Mod+.", what: "Pause or resume live updates", run: () => live.togglePause() },
    { key: "Mod+b", what: "Show or hide the sidebar", run: () => layout.toggleSidebar() },
    { key: "Mod+j", what: "List and detail, or detail alone", run: () => (layout.maximised = !layout.maximised), when: hasDetail },
    { key: "Mod+Shift+c", what: "Copy the link to what is shown", run: () => void copyText(window.location.href, "Link") },
    { key: "Mod+Shift+e", what: "Copy the exports for your shell", run: () => void copyExports() },
  );
}
