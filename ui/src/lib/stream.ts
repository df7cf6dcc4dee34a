// How an answer streamed: when its words began, how evenly they came, and where it paused.

import type { StreamEvent } from "../bindings/StreamEvent";
import { deltaOf, type Delta } from "./deltas";

/** What came in one stretch of the stream. */
export interface Bin {
  text: number;
  thinking: number;
  tool: number;
}

/** Facts of a stream. Times are milliseconds since the response's headers. */
export interface StreamFacts {
  /** When the first word came; none: no line adds to the answer. */
  first_ms: number | null;
  last_ms: number;
  /** How many lines add to the answer. */
  deltas: number;
  /** Characters of each kind, in stretches of equal length. */
  bins: Bin[];
  /** The longest time in which nothing came, and where it began. */
  pause: { from_ms: number; length_ms: number } | null;
}

/** Sums the events up in `count` stretches. */
export function streamFacts(events: StreamEvent[], count: number): StreamFacts {
  const last_ms = events.at(-1)?.at_ms ?? 0;
  const bins: Bin[] = Array.from({ length: count }, () => ({ text: 0, thinking: 0, tool: 0 }));
  let first_ms: number | null = null;
  let deltas = 0;
  let pause: StreamFacts["pause"] = null;
  for (const [at, event] of events.entries()) {
    const before_ms = events[at - 1]?.at_ms ?? event.at_ms;
    const length_ms = event.at_ms - before_ms;
    if (length_ms > (pause?.length_ms ?? 0)) pause = { from_ms: before_ms, length_ms };
    const delta = deltaOf(event.raw);
    if (!delta) continue;
    first_ms ??= event.at_ms;
    deltas += 1;
    const bin = bins[Math.min(count - 1, Math.floor((event.at_ms / Math.max(1, last_ms)) * count))];
    if (bin) bin[delta.kind] += delta.text.length;
  }
  return { first_ms, last_ms, deltas, bins, pause };
}

/** A line that adds to the answer, and when. */
export interface TimedDelta extends Delta {
  at_ms: number;
}

/** All that the lines add, in order. */
export function timedDeltas(events: StreamEvent[]): TimedDelta[] {
  return events.flatMap((event) => {
    const delta = deltaOf(event.raw);
    return delta ? [{ ...delta, at_ms: event.at_ms }] : [];
  });
}
