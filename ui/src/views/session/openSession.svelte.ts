// The session that is shown: fetched, and fetched again when something happens in it.

import type { ChangeNote } from "../../bindings/ChangeNote";
import type { SessionDetail } from "../../bindings/SessionDetail";
import { call } from "../../ipc/call";
import { live } from "../../state/live.svelte";

/** Fetching a large session takes its time: between two fetches lies this many times as much. */
const REST = 3;

export class OpenSession {
  detail: SessionDetail | null = $state.raw(null);
  error: string | null = $state(null);
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Keeps it fresh until the function that is returned is called. */
  keepFresh(): () => void {
    void this.fetch();
    return live.onChange(async () => {
      const began_ms = performance.now();
      await this.fetch();
      const rest_ms = (performance.now() - began_ms) * REST;
      if (rest_ms > 250) await new Promise((resolve) => setTimeout(resolve, rest_ms));
    }, this.#concerns);
  }

  async fetch(): Promise<void> {
    try {
      this.detail = await call("session", { session: this.id });
      this.error = null;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  readonly #concerns = (note: ChangeNote): boolean => {
    const shown = this.detail?.summary.id ?? this.id;
    return "session" in note ? note.session === shown : false;
  };
}
