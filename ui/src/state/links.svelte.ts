// Links lead out of the page, and what a model wrote may send anything along in one: the address is shown first.

import { call } from "../ipc/call";
import { host } from "./host.svelte";
import { complain } from "./toasts.svelte";

class Links {
  /** The address that the user is asked about. */
  asked: string | null = $state(null);

  /** Asks; only https is ever opened. */
  ask(url: string): void {
    this.asked = url;
  }

  cancel(): void {
    this.asked = null;
  }

  async open(): Promise<void> {
    const url = this.asked;
    this.asked = null;
    if (url === null || !canOpen(url)) return;
    try {
      if (host.state?.abilities.open) await call("open", { what: "link", url });
      else window.open(url, "_blank", "noopener,noreferrer");
    } catch (error) {
      complain(error);
    }
  }
}

/** Whether it is an address that may be opened. */
export function canOpen(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === "https:";
}

export const links = new Links();
