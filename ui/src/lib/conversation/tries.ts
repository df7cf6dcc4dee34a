// A client that asks the same again after a failure tries: people see one turn with several tries.

import type { PricedTurn } from "../../bindings/PricedTurn";

/** A turn with the tries that failed before it. The first try has what was new, the last one the answer. */
export interface Step {
  /** Position of the first try in the session's turns. */
  at: number;
  first: PricedTurn;
  last: PricedTurn;
  tries: PricedTurn[];
}

/** What became of a turn. */
export type Outcome = "running" | "ok" | "cut" | "failed" | "lost";

/** Ends at which the client did not get all of an answer that had begun. */
const CUT = ["upstream_truncated", "client_aborted", "proxy_killed"];

/** `sessionRuns`: only then can a turn without a response still be running. */
export function outcome(turn: PricedTurn, sessionRuns: boolean): Outcome {
  if (turn.status === null && turn.end === null) return sessionRuns && turn.running ? "running" : "lost";
  if (turn.end === "upstream_error" || turn.end === "refused") return "failed";
  if (turn.status !== null && (turn.status === 0 || turn.status >= 400)) return "failed";
  if (turn.end !== null && CUT.includes(turn.end)) return "cut";
  return turn.answer_finished === false ? "cut" : "ok";
}

/** Puts the tries of one turn together; what was asked again after it had worked stays apart. */
export function steps(turns: PricedTurn[]): Step[] {
  const all: Step[] = [];
  for (const [at, turn] of turns.entries()) {
    const before = turn.repeats === null ? undefined : all.findLast((step) => isTryOf(step, turn));
    if (before) {
      before.tries.push(turn);
      before.last = turn;
    } else {
      all.push({ at, first: turn, last: turn, tries: [turn] });
    }
  }
  return all;
}

function isTryOf(step: Step, turn: PricedTurn): boolean {
  const isSame = step.tries.some((tried) => tried.seq === turn.repeats) && step.first.agent === turn.agent;
  return isSame && step.first.kind === turn.kind && ["failed", "cut"].includes(outcome(step.last, false));
}

/** `529`, `ok`, `cut`: how a try ended, in a word. */
export function outcomeWord(turn: PricedTurn, sessionRuns: boolean): string {
  switch (outcome(turn, sessionRuns)) {
    case "running":
      return "running";
    case "lost":
      return "no response";
    case "ok":
      return "ok";
    case "cut":
      return turn.end === "client_aborted" ? "aborted" : "cut";
    case "failed":
      return turn.status ? String(turn.status) : turn.end === "refused" ? "refused" : "no response";
  }
}
