// The one way to ask the host. Which of the two transports carries it, only this file decides.

import type { Call } from "../bindings/Call";
import type { CallError } from "../bindings/CallError";
import type { ChangeNote } from "../bindings/ChangeNote";
import type { ClientCard } from "../bindings/ClientCard";
import type { Exports } from "../bindings/Exports";
import type { Facets } from "../bindings/Facets";
import type { Found } from "../bindings/Found";
import type { HostState } from "../bindings/HostState";
import type { ImageBytes } from "../bindings/ImageBytes";
import type { RequestDetail } from "../bindings/RequestDetail";
import type { RequestPage } from "../bindings/RequestPage";
import type { SessionDetail } from "../bindings/SessionDetail";
import type { SessionPage } from "../bindings/SessionPage";
import type { Settings } from "../bindings/Settings";
import type { ShellOutcome } from "../bindings/ShellOutcome";
import type { Stats } from "../bindings/Stats";
import type { TextPart } from "../bindings/TextPart";
import { visible } from "../lib/visible";
import * as browser from "./fetch";
import * as window_ from "./tauri";

/** What each call is answered with. */
export interface Answers {
  host: HostState;
  sessions: SessionPage;
  facets: Facets;
  requests: RequestPage;
  session: SessionDetail;
  request: RequestDetail;
  body: TextPart;
  record: TextPart;
  image: ImageBytes;
  search: Found;
  stats: Stats;
  exports: Exports;
  clients: ClientCard[];
  settings: Settings;
  set: Settings;
  set_shell_set_up: ShellOutcome[];
  set_paused: HostState;
  set_start_at_login: HostState;
  onboarded: HostState;
  copy: null;
  open: null;
}

type Name = Call["name"];
type Args<N extends Name> = Extract<Call, { name: N }> extends { args: infer A } ? [args: A] : [];

/** A call that was answered with an error, or not at all. */
export class CallFailure extends Error {
  constructor(
    readonly kind: CallError["error"] | "unreachable",
    message: string,
  ) {
    // It may quote what was asked for, which may be out of a log.
    super(visible(message));
    this.name = "CallFailure";
  }
}

const transport = window_.isHere() ? window_ : browser;

/** Asks the host; throws a CallFailure. */
export async function call<N extends Name>(name: N, ...args: Args<N>): Promise<Answers[N]> {
  const answer = await transport.send({ name, args: args[0] ?? null });
  return answer as Answers[N];
}

/** Hears what changes, until the function that is returned is called. */
export function watch(onChange: (note: ChangeNote) => void): () => void {
  return transport.watch(onChange);
}

/** What a transport got instead of an answer. */
export function failure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  if (typeof error === "object" && error !== null && "error" in error && "message" in error) {
    const { error: kind, message } = error as CallError;
    return new CallFailure(kind, message);
  }
  return new CallFailure("unreachable", error instanceof Error ? error.message : String(error));
}
