// How much the model is given to read at each turn.

import type { PricedTurn } from "../bindings/PricedTurn";
import type { Usage } from "../bindings/Usage";

/** All that the model read: fresh, out of the cache and into it. None: the provider did not tell. */
export function contextTokens(usage: Usage | null): number | null {
  if (!usage) return null;
  const parts = [usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens];
  if (parts.every((part) => part === null)) return null;
  return parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** A turn's context in parts, in tokens. */
export interface ContextPoint {
  turn: PricedTurn;
  cacheRead: number;
  cacheWrite: number;
  fresh: number;
  output: number;
  total: number;
}

/** The contexts of an agent's turns (none: the main one), of those that tell. */
export function contextPoints(turns: PricedTurn[], agent: string | null): ContextPoint[] {
  return turns.flatMap((turn) => {
    const total = contextTokens(turn.usage);
    if (turn.agent !== agent || turn.kind !== "chat" || total === null || !turn.usage) return [];
    const { input_tokens, cache_read_tokens, cache_write_tokens, output_tokens } = turn.usage;
    const point = { cacheRead: cache_read_tokens ?? 0, cacheWrite: cache_write_tokens ?? 0, fresh: input_tokens ?? 0 };
    return [{ turn, ...point, output: output_tokens ?? 0, total }];
  });
}
