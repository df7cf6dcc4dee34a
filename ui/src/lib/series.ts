// A day's sums put together into stacked bars.

import type { DayStats } from "../bindings/DayStats";
import { inputTokens } from "./tokens";

export type Measure = "cost" | "tokens" | "requests";

export interface Bar {
  /** `YYYY-MM-DD`, local. */
  day: string;
  /** One for each of the series' names. */
  parts: number[];
  total: number;
}

export interface Series {
  /** From the bottom up. */
  names: string[];
  bars: Bar[];
}

const MOST = 5;
export const OTHERS = "others";
const TOKEN_KINDS = ["output", "fresh input", "cached input"];

/** One bar for each day from the first to the last, those without requests as well. */
export function series(days: DayStats[], measure: Measure, last_day: string): Series {
  const names = measure === "tokens" ? TOKEN_KINDS : largest(days, measure);
  const bars = new Map(everyDay(days, last_day).map((day) => [day, names.map(() => 0)]));
  for (const each of days) {
    const parts = bars.get(each.day);
    if (!parts) continue;
    const amounts = measure === "tokens" ? tokenParts(each) : [amount(each, measure)];
    amounts.forEach((value, at) => {
      const place = measure === "tokens" ? at : placeOf(each.model, names);
      parts[place] = (parts[place] ?? 0) + value;
    });
  }
  return { names, bars: [...bars].map(([day, parts]) => ({ day, parts, total: parts.reduce((a, b) => a + b, 0) })) };
}

function amount(each: DayStats, measure: Measure): number {
  return measure === "cost" ? (each.cost_usd ?? 0) : each.requests;
}

function tokenParts({ tokens }: DayStats): number[] {
  return [tokens.output, inputTokens(tokens) - tokens.cache_read, tokens.cache_read];
}

function placeOf(model: string, names: string[]): number {
  const at = names.indexOf(model);
  return at >= 0 ? at : names.length - 1;
}

/** The models with most, and one name for all others. */
function largest(days: DayStats[], measure: Measure): string[] {
  const sums = new Map<string, number>();
  for (const each of days) sums.set(each.model, (sums.get(each.model) ?? 0) + amount(each, measure));
  const names = [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return names.length > MOST + 1 ? [...names.slice(0, MOST), OTHERS] : names;
}

/** All days in a row; at most a year of them. */
function everyDay(days: DayStats[], last_day: string): string[] {
  const first = days.map(({ day }) => day).sort()[0] ?? last_day;
  const all: string[] = [];
  // Noon, because a day may have 23 hours.
  const at = new Date(`${first}T12:00:00Z`);
  while (at.toISOString().slice(0, 10) <= last_day && all.length < 366) {
    all.push(at.toISOString().slice(0, 10));
    at.setUTCDate(at.getUTCDate() + 1);
  }
  return all;
}

/** Round steps for an axis up to `most`: the last is not below it. */
export function ticks(most: number, amount = 3): number[] {
  if (most <= 0) return [];
  const rough = most / amount;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step - 1e-9) }, (_, at) => (at + 1) * step);
}
