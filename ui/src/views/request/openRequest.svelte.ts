// The request that is shown: fetched, and fetched again while it runs.

import type { ChangeNote } from "../../bindings/ChangeNote";
import type { RequestDetail } from "../../bindings/RequestDetail";
import { call } from "../../ipc/call";
import { live } from "../../state/live.svelte";

export class OpenRequest {
  detail: RequestDetail | null = $state.raw(null);
  error: string | null = $state(null);
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Keeps it fresh until the function that is returned is called. */
  keepFresh(): () => void {
    void this.fetch();
    return live.onChange(() => this.fetch(), this.#concerns);
  }

  async fetch(): Promise<void> {
    try {
      this.detail = await call("request", { request_id: this.id });
      this.error = null;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  /** A later request of the session is the next one of this. */
  readonly #concerns = (note: ChangeNote): boolean => {
    if (!("request_id" in note)) return false;
    return note.request_id === this.id || (note.session === this.detail?.summary.session && this.detail.next === null);
  };
}
