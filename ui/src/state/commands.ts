// What the palette offers.

import { call } from "../ipc/call";
import { copyText } from "./clipboard";
import { host } from "./host.svelte";
import { layout } from "./layout.svelte";
import { live } from "./live.svelte";
import { openView } from "./location.svelte";
import { question } from "./question.svelte";
import { copyExports, openSearch } from "./shortcuts";
import { theme } from "./theme.svelte";
import { complain } from "./toasts.svelte";

export interface Command {
  what: string;
  key?: string;
  run: () => void;
}

function tell(answer: Promise<unknown>): void {
  answer.catch(complain);
}

/** Those that can be done here and now. */
export function commands(): Command[] {
  const state = host.state;
  const able = state?.abilities;
  const isPaused = state?.proxy === "paused";
  return [
    { what: "Go to sessions", key: "g s", run: () => openView("sessions") },
    { what: "Go to requests", key: "g r", run: () => openView("requests") },
    { what: "Search all that was said", key: "Mod+Shift+f", run: openSearch },
    { what: "Go to stats", key: "g t", run: () => openView("stats") },
    { what: "Settings", key: "Mod+,", run: () => openView("settings") },
    { what: "Show only what failed", run: () => question.ask("is:error") },
    { what: "Show only what runs", run: () => question.ask("is:running") },
    { what: live.paused ? "Resume live updates" : "Pause live updates", key: "Mod+.", run: () => live.togglePause() },
    { what: "Copy the exports for your shell", key: "Mod+Shift+e", run: () => void copyExports() },
    { what: "Copy the link to what is shown", key: "Mod+Shift+c", run: () => void copyText(location.href, "Link") },
    ...(able?.open ? [{ what: "Open the log folder", run: () => tell(call("open", { what: "log_folder" })) }] : []),
    ...(able?.pause
      ? [
          {
            what: isPaused ? "Log again" : "Pause logging",
            run: () => tell(call("set_paused", { on: !isPaused }).then(() => host.refresh())),
          },
        ]
      : []),
    { what: "Show or hide the sidebar", key: "Mod+b", run: () => layout.toggleSidebar() },
    { what: "Light theme", run: () => (theme.value = "light") },
    { what: "Dark theme", run: () => (theme.value = "dark") },
    { what: "Theme as the system", run: () => (theme.value = "system") },
    { what: "First steps", run: () => openView("welcome") },
  ];
}
