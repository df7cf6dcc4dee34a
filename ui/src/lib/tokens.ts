// Sums over a request's tokens.

import type { Tokens } from "../bindings/Tokens";

/** All input, cached or not. */
export function inputTokens(tokens: Tokens): number {
  return tokens.input + tokens.cache_read + tokens.cache_write;
}

export function allTokens(tokens: Tokens): number {
  return inputTokens(tokens) + tokens.output;
}

/** The share of the input that came out of the cache; none where there was no input. */
export function cachedShare(tokens: Tokens): number | null {
  const input = inputTokens(tokens);
  return input === 0 ? null : tokens.cache_read / input;
}
