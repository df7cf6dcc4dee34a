// Values as people read them. Everything here is pure: what depends on the time of day is given `now_ms`.
// A value that is not known is shown as an en dash, never as 0.

import { visible } from "./visible";

export const UNKNOWN = "–";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A timestamp's milliseconds since 1970; NaN when it is none. Digits beyond the millisecond are cut. */
export function ms(timestamp: string): number {
  return Date.parse(timestamp.replace(/(\.\d{3})\d+/, "$1"));
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}

/** A local day, `2026-11-23`. */
export function day(at_ms: number): string {
  const date = new Date(at_ms);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** Local time of day, `12:04:31`. */
export function time(timestamp: string): string {
  const date = new Date(ms(timestamp));
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Local time of day with milliseconds, `12:04:31.120`. */
export function timeMs(timestamp: string): string {
  const text = time(timestamp);
  return text === UNKNOWN ? text : `${text}.${pad(new Date(ms(timestamp)).getMilliseconds(), 3)}`;
}

/** Short for lists: today `12:04`, this year `Nov 21 12:04`, before `2025-11-21`. */
export function when(timestamp: string, now_ms: number): string {
  const at = new Date(ms(timestamp));
  if (Number.isNaN(at.getTime())) return UNKNOWN;
  const now = new Date(now_ms);
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  if (day(at.getTime()) === day(now_ms)) return clock;
  if (at.getFullYear() !== now.getFullYear()) return day(at.getTime());
  return `${at.toLocaleString("en", { month: "short" })} ${at.getDate()} ${clock}`;
}

/** Local date and time with the zone, for titles. */
export function whole(timestamp: string): string {
  const at = new Date(ms(timestamp));
  if (Number.isNaN(at.getTime())) return UNKNOWN;
  const offset_min = -at.getTimezoneOffset();
  const zone = `${offset_min < 0 ? "−" : "+"}${pad(Math.floor(Math.abs(offset_min) / 60))}:${pad(Math.abs(offset_min) % 60)}`;
  return `${day(at.getTime())} ${timeMs(timestamp)} ${zone}`;
}

/** `just now`, `40s ago`, `5m ago`, `3h ago`, `2d ago`, `7w ago`. */
export function ago(timestamp: string, now_ms: number): string {
  const past_ms = now_ms - ms(timestamp);
  if (Number.isNaN(past_ms)) return UNKNOWN;
  if (past_ms < 5_000) return "just now";
  if (past_ms < MINUTE_MS) return `${Math.floor(past_ms / 1000)}s ago`;
  if (past_ms < HOUR_MS) return `${Math.floor(past_ms / MINUTE_MS)}m ago`;
  if (past_ms < DAY_MS) return `${Math.floor(past_ms / HOUR_MS)}h ago`;
  if (past_ms < 14 * DAY_MS) return `${Math.floor(past_ms / DAY_MS)}d ago`;
  return `${Math.floor(past_ms / (7 * DAY_MS))}w ago`;
}

/** `0 ms`, `420 ms`, `3.2 s`, `48 s`, `2m 05s`, `1h 04m`, `3d 4h`. */
export function duration(duration_ms: number | null | undefined): string {
  if (duration_ms === null || duration_ms === undefined || Number.isNaN(duration_ms)) return UNKNOWN;
  if (duration_ms < 1000) return `${Math.max(0, Math.round(duration_ms))} ms`;
  const seconds = duration_ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole_s = Math.round(seconds);
  if (whole_s < 3600) return `${Math.floor(whole_s / 60)}m ${pad(whole_s % 60)}s`;
  if (whole_s < 86_400) return `${Math.floor(whole_s / 3600)}h ${pad(Math.floor((whole_s % 3600) / 60))}m`;
  return `${Math.floor(whole_s / 86_400)}d ${Math.floor((whole_s % 86_400) / 3600)}h`;
}

/** Decimal units: `812 B`, `12.4 kB`, `1.2 GB`. */
export function bytes(size_bytes: number | null | undefined): string {
  if (size_bytes === null || size_bytes === undefined) return UNKNOWN;
  if (size_bytes < 1000) return `${size_bytes} B`;
  return scaled(size_bytes, ["kB", "MB", "GB", "TB"], " ");
}

/** `812`, `12.4k`, `1.9M`. */
export function tokens(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return UNKNOWN;
  if (amount < 1000) return String(amount);
  return scaled(amount, ["k", "M", "G", "T"], "");
}

function scaled(amount: number, units: string[], space: string): string {
  let value = amount;
  let unit = "";
  for (const larger of units) {
    // 999.95 would be shown as 1000.0.
    if (unit !== "" && value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  const digits = value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, "")}${space}${unit}`;
}

/** With thousands separated: `98,311`. */
export function count(amount: number | null | undefined): string {
  return amount === null || amount === undefined ? UNKNOWN : amount.toLocaleString("en-US");
}

/** Dollars: `$0`, `<$0.001`, `$0.004`, `$0.41`, `$12.30`, `$1,204`. */
export function usd(cost_usd: number | null | undefined): string {
  if (cost_usd === null || cost_usd === undefined) return UNKNOWN;
  if (cost_usd === 0) return "$0";
  if (cost_usd < 0.001) return "<$0.001";
  if (cost_usd < 0.0995) return `$${cost_usd.toFixed(3)}`;
  if (cost_usd < 999.995) return `$${cost_usd.toFixed(2)}`;
  return `$${Math.round(cost_usd).toLocaleString("en-US")}`;
}

/** A share of 1: `0%`, `<1%`, `42%`. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return UNKNOWN;
  if (share > 0 && share < 0.01) return "<1%";
  return `${Math.round(share * 100)}%`;
}

/** A path's last segment: how a project is called. */
export function baseName(path: string | null | undefined): string {
  if (!path) return UNKNOWN;
  return visible(path.replace(/[/\\]+$/, "").split(/[/\\]/).pop() || path);
}

/** `1 request`, `1,204 requests`. */
export function plural(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** A message with a capital at its beginning and a full stop at its end. */
export function sentence(message: string): string {
  const trimmed = message.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? "" : "."}`;
}
