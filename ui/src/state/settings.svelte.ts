// The configuration as the file has it, and changes to it. Each is written at once.

import type { Settings } from "../bindings/Settings";
import type { ShellOutcome } from "../bindings/ShellOutcome";
import { call } from "../ipc/call";
import { host } from "./host.svelte";
import { complain, toasts } from "./toasts.svelte";

class SettingsState {
  all: Settings | null = $state.raw(null);
  error: string | null = $state(null);
  /** Why a key could not be set. */
  refused: { key: string; message: string } | null = $state.raw(null);
  /** What setting up the shells, or undoing it, did. */
  outcomes: ShellOutcome[] = $state.raw([]);

  async load(): Promise<void> {
    try {
      this.all = await call("settings");
      this.error = null;
    } catch (error) {
      this.error = message(error);
    }
  }

  /** Sets a key to a value in TOML; none: back to the default. */
  async set(key: string, value: string | null): Promise<void> {
    this.refused = null;
    try {
      this.all = await call("set", { key, value });
      toasts.say(value === null ? `${key} is back to its default` : `${key} saved`);
      void host.refresh();
    } catch (error) {
      this.refused = { key, message: message(error) };
    }
  }

  async setShells(on: boolean): Promise<void> {
    try {
      this.outcomes = await call("set_shell_set_up", { on });
    } catch (error) {
      complain(error);
    }
    await this.load();
  }

  async setStartAtLogin(on: boolean): Promise<void> {
    try {
      host.state = await call("set_start_at_login", { on });
    } catch (error) {
      complain(error);
    }
    await this.load();
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const settings = new SettingsState();
