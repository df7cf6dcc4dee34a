import { expect, test } from "vitest";

import { matches, parseChord, readable } from "./chord";

function pressed(key: string, held: { meta?: boolean; ctrl?: boolean; shift?: boolean; alt?: boolean } = {}) {
  return {
    key,
    metaKey: held.meta ?? false,
    ctrlKey: held.ctrl ?? false,
    shiftKey: held.shift ?? false,
    altKey: held.alt ?? false,
  };
}

function hits(text: string, event: ReturnType<typeof pressed>, mac = false): boolean {
  return matches(parseChord(text).at(-1), event, mac);
}

test("Mod is the platform's own key, and no other may be held", () => {
  expect(hits("Mod+k", pressed("k", { ctrl: true }))).toBe(true);
  expect(hits("Mod+k", pressed("k", { meta: true }))).toBe(false);
  expect(hits("Mod+k", pressed("k", { meta: true }), true)).toBe(true);
  expect(hits("k", pressed("k", { ctrl: true }))).toBe(false);
  expect(hits("k", pressed("k", { alt: true }))).toBe(false);
});

test("letters tell cases apart, signs do not ask how they were typed", () => {
  expect(hits("n", pressed("n"))).toBe(true);
  expect(hits("n", pressed("N", { shift: true }))).toBe(false);
  expect(hits("N", pressed("N", { shift: true }))).toBe(true);
  expect(hits("Mod+Shift+f", pressed("F", { ctrl: true, shift: true }))).toBe(true);
  expect(hits("Mod+f", pressed("F", { ctrl: true, shift: true }))).toBe(false);
  expect(hits("?", pressed("?", { shift: true }))).toBe(true);
  expect(hits("?", pressed("?"))).toBe(true);
  expect(hits("Space", pressed(" "))).toBe(true);
});

test("keys are read as the platform writes them", () => {
  expect(readable("Mod+Shift+f", true)).toEqual(["⇧⌘F"]);
  expect(readable("Mod+Shift+f", false)).toEqual(["Ctrl+Shift+F"]);
  expect(readable("g s", false)).toEqual(["g", "s"]);
  expect(readable("ArrowDown", false)).toEqual(["↓"]);
  expect(readable("Space", false)).toEqual(["Space"]);
});
