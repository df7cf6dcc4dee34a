// How the host stands, kept fresh: what the title bar, the banners and the empty states say.

import type { HostState } from "../bindings/HostState";
import { call } from "../ipc/call";
import { live } from "./live.svelte";

/** A host that stops does not say so. */
const POLL_MS = 5000;
/** Today's sums need not be fresher. */
const PAUSE_MS = 1000;

class Host {
  state: HostState | null = $state.raw(null);
  /** Why it did not answer, if it did not. */
  error: string | null = $state(null);

  /** Keeps it fresh until the function that is returned is called. */
  keepFresh(): () => void {
    void this.refresh();
    const stop = live.onChange(async () => {
      await this.refresh();
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    });
    const timer = setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, POLL_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }

  async refresh(): Promise<void> {
    try {
      this.state = await call("host");
      this.error = null;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }
}

export const host = new Host();
