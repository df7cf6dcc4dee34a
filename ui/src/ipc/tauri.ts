// The window's transport. Only this file knows Tauri.

import { invoke, isTauri } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { ChangeNote } from "../bindings/ChangeNote";
import { failure } from "./call";

export function isHere(): boolean {
  return isTauri();
}

export async function send(call: { name: string; args: unknown }): Promise<unknown> {
  try {
    return await invoke("call", { call });
  } catch (error) {
    throw failure(error);
  }
}

export function watch(onChange: (note: ChangeNote) => void): () => void {
  const stop = listen<ChangeNote>("change", (event) => onChange(event.payload));
  return () => void stop.then((unlisten) => unlisten());
}
