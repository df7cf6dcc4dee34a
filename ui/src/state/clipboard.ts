// Copying: through the host where it has a clipboard, else through the browser.

import { call } from "../ipc/call";
import { host } from "./host.svelte";
import { complain, toasts } from "./toasts.svelte";

/** Puts `text` on the clipboard and says that `what` was copied. */
export async function copyText(text: string, what = "Text"): Promise<void> {
  try {
    if (host.state?.abilities.copy) await call("copy", { text });
    else await navigator.clipboard.writeText(text);
    toasts.say(`${what} copied`);
  } catch (error) {
    complain(error);
  }
}
