// What changed, told to those who show it: at most four times a second, and while nobody looks not at all.

import type { ChangeNote } from "../bindings/ChangeNote";
import { watch } from "../ipc/call";

const LEAST_MS = 250;

type Refetch = (notes: ChangeNote[]) => Promise<void> | void;

class Live {
  /** Paused by the user: lists stay as they are. */
  paused: boolean = $state(false);
  #listeners = new Set<Listener>();
  #stop: (() => void) | null = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#flush());
  }

  togglePause(): void {
    this.paused = !this.paused;
    this.#flush();
  }

  /**
   * Calls `refetch` soon after changes that `concerns` it, with what has changed since the last time,
   * never a second time before the first is done. What is returned ends it.
   */
  onChange(refetch: Refetch, concerns: (note: ChangeNote) => boolean = () => true): () => void {
    const listener = new Listener(refetch, concerns, () => !this.paused && !document.hidden);
    this.#listeners.add(listener);
    this.#stop ??= watch((note) => {
      for (const each of this.#listeners) each.hear(note);
    });
    return () => {
      listener.end();
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  #flush(): void {
    for (const listener of this.#listeners) listener.flush();
  }
}

class Listener {
  #notes: ChangeNote[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #busy = false;
  #ended = false;

  constructor(
    readonly refetch: Refetch,
    readonly concerns: (note: ChangeNote) => boolean,
    readonly awake: () => boolean,
  ) {}

  hear(note: ChangeNote): void {
    // `something` stands for anything that was missed.
    if (note.change !== "something" && !this.concerns(note)) return;
    this.#notes.push(note);
    this.flush();
  }

  flush(): void {
    if (this.#ended || this.#busy || this.#timer !== null || this.#notes.length === 0 || !this.awake()) return;
    this.#timer = setTimeout(() => void this.#run(), LEAST_MS);
  }

  end(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#timer = null;
    // Paused, or out of sight, since the note came: it is kept.
    if (!this.awake()) return;
    this.#busy = true;
    const notes = this.#notes;
    this.#notes = [];
    try {
      await this.refetch(notes);
    } finally {
      this.#busy = false;
      this.flush();
    }
  }
}

export const live = new Live();
