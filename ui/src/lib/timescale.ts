// Places instants on a line. Hours in which nothing ran are cut short, so that what did run can be seen.

/** A stretch of time, in milliseconds since 1970. */
export interface Span {
  from_ms: number;
  to_ms: number;
}

/** A stretch of time and its place on the line, from 0 to 1. */
export interface Segment extends Span {
  from: number;
  to: number;
  isPause: boolean;
}

/** Share of the line that one pause takes when it is cut short. */
const PAUSE_SHARE = 0.015;

/** Pauses longer than this are cut short when they also are a good part of the whole. */
export const LONG_PAUSE_MS = 30_000;

/** Divides the line between what ran and the pauses; without `shortens` the line is even. */
export function timescale(spans: Span[], shortens: boolean): Segment[] {
  const busy = merged(spans, shortens ? LONG_PAUSE_MS : Number.POSITIVE_INFINITY);
  const busy_ms = busy.reduce((sum, span) => sum + (span.to_ms - span.from_ms), 0);
  const pauses = Math.max(0, busy.length - 1);
  const pauseShare = Math.min(PAUSE_SHARE, pauses > 0 ? 0.5 / pauses : 0);
  const busyShare = 1 - pauses * pauseShare;
  const segments: Segment[] = [];
  let at = 0;
  for (const [index, span] of busy.entries()) {
    const before = busy[index - 1];
    if (before) {
      segments.push({ from_ms: before.to_ms, to_ms: span.from_ms, from: at, to: at + pauseShare, isPause: true });
      at += pauseShare;
    }
    const share = busy_ms > 0 ? ((span.to_ms - span.from_ms) / busy_ms) * busyShare : busyShare / busy.length;
    segments.push({ ...span, from: at, to: at + share, isPause: false });
    at += share;
  }
  return segments;
}

/** Where an instant is on the line. */
export function placeOf(segments: Segment[], at_ms: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.to_ms ?? 0) < at_ms) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low];
  if (!segment) return 0;
  const length_ms = segment.to_ms - segment.from_ms;
  const share = length_ms > 0 ? (at_ms - segment.from_ms) / length_ms : 0;
  return segment.from + Math.min(1, Math.max(0, share)) * (segment.to - segment.from);
}

/** Which instant is at a place of the line. */
export function instantAt(segments: Segment[], place: number): number {
  const segment = segments.find(({ to }) => place <= to) ?? segments.at(-1);
  if (!segment) return 0;
  const length = segment.to - segment.from;
  const share = length > 0 ? (place - segment.from) / length : 0;
  return segment.from_ms + Math.min(1, Math.max(0, share)) * (segment.to_ms - segment.from_ms);
}

function merged(spans: Span[], pause_ms: number): Span[] {
  const sorted = [...spans].sort((a, b) => a.from_ms - b.from_ms);
  const all: Span[] = [];
  for (const span of sorted) {
    const last = all.at(-1);
    if (last && span.from_ms - last.to_ms <= pause_ms) last.to_ms = Math.max(last.to_ms, span.to_ms);
    else all.push({ ...span });
  }
  return all;
}
