// The keyboard map. Who can do something registers its key here, and `?` lists what is registered.

import { untrack } from "svelte";

import { isMac, matches, parseChord, type Chord } from "../lib/chord";

export interface Binding {
  /** `j`, `N`, `Space`, `Shift+Tab`, `Mod+k` (⌘ on a Mac, Ctrl elsewhere), `g s` (one after the other). */
  key: string;
  /** What it does, for people: `Next turn`. */
  what: string;
  /** Returning false leaves the key to whoever registered it before, and to the browser. */
  run: (event: KeyboardEvent) => boolean | void;
  /** Where it counts; always when left out. */
  when?: () => boolean;
  /** The heading that `?` lists it under; `Everywhere` when left out. */
  group?: string;
  /** Whether it also counts while somebody types. Keys with Mod always do. */
  typing?: boolean;
}

interface Registered extends Binding {
  chords: Chord[];
}

/** How long the second key of `g s` may take. */
const SEQUENCE_MS = 1200;

class Keys {
  #bindings: Registered[] = $state.raw([]);
  #first: KeyboardEvent | null = null;
  #first_ms = 0;

  /** What is registered, for the overlay. */
  get registered(): Binding[] {
    return this.#bindings;
  }

  /** Registers; what is returned takes it back, so an `$effect` can return it. */
  register(...bindings: Binding[]): () => void {
    const added = bindings.map((binding) => ({ ...binding, chords: parseChord(binding.key) }));
    // The effect that registers shall not run again because of it.
    this.#bindings = [...untrack(() => this.#bindings), ...added];
    return () => {
      this.#bindings = this.#bindings.filter((binding) => !added.includes(binding));
    };
  }

  /** Hears the window's keys. Later bindings win. */
  handle = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const first = event.timeStamp - this.#first_ms < SEQUENCE_MS ? this.#first : null;
    if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) this.#first = null;
    for (const binding of [...this.#bindings].reverse()) {
      if (!this.#hits(binding, first, event)) continue;
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return;
    }
    const begins = (binding: Registered) => binding.chords.length === 2 && matches(binding.chords[0], event);
    if (!isTyping(event) && this.#bindings.some(begins)) {
      this.#first = event;
      this.#first_ms = event.timeStamp;
    }
  };

  #hits(binding: Registered, first: KeyboardEvent | null, event: KeyboardEvent): boolean {
    const last = binding.chords.at(-1);
    if (!matches(last, event)) return false;
    if (binding.chords.length === 2 && !(first && matches(binding.chords[0], first))) return false;
    if (binding.chords.length === 1 && first && this.#continues(first, event)) return false;
    if (isTyping(event) && !binding.typing && !last?.mod) return false;
    return binding.when?.() ?? true;
  }

  #continues(first: KeyboardEvent, event: KeyboardEvent): boolean {
    return this.#bindings.some(
      ({ chords }) => chords.length === 2 && matches(chords[0], first) && matches(chords[1], event),
    );
  }
}

export const keys = new Keys();
export { isMac };

/** Whether the arrow keys are a list's: the focus is in it or nowhere, and nothing lies over it. */
export function hasKeys(list: HTMLElement | undefined): boolean {
  if (!list || list.offsetParent === null) return false;
  const focused = document.activeElement;
  return focused === null || focused === document.body || list.contains(focused);
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type);
}
