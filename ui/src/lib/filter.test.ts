import { expect, test } from "vitest";

import * as filter from "./filter";

test("a line is split as the host splits it", () => {
  expect(filter.terms('fix  "two words" -old -"not this" model:a,b project:"a b" "open end')).toEqual([
    "fix",
    '"two words"',
    "-old",
    '-"not this"',
    "model:a,b",
    'project:"a b"',
    '"open end',
  ]);
  expect(filter.terms("")).toEqual([]);
  const choice = '-(project:"a (b)" or is:error)';
  expect(filter.terms(`x ${choice} (model:a or model:b) f(x or y)`)).toEqual(["x", choice, "(model:a or model:b)", "f(x", "or", "y)"]);
  expect(filter.removeTerm(`x ${choice} y`, choice)).toBe("x y");
  expect(filter.suggestions("x (mod", filter.KEY_HINTS, [])[0]?.line).toBe("x (model:");
});

test("code and addresses are no keys", () => {
  for (const word of ["std::io", "https://a.example", "C:\\x", "12:30", "word"]) {
    expect(filter.keyTerm(word)).toBeNull();
  }
  expect(filter.keyTerm("-Model:a,b")).toEqual({ key: "model", values: ["a", "b"], excluded: true });
});

test("a value is added to its key, and taken away again", () => {
  const one = filter.toggleValue("fix", "model", "opus");
  expect(one).toBe("fix model:opus");
  const two = filter.toggleValue(one, "model", "haiku");
  expect(two).toBe("fix model:opus,haiku");
  expect(filter.toggleValue(two, "model", "opus")).toBe("fix model:haiku");
  expect(filter.toggleValue(filter.toggleValue(two, "model", "opus"), "model", "haiku")).toBe("fix");
});

test("what is left out is not asked for at the same time", () => {
  expect(filter.toggleValue("model:opus,haiku", "model", "opus", true)).toBe("model:haiku -model:opus");
  expect(filter.presence("-model:opus", "model", "opus")).toBe("excluded");
  expect(filter.toggleValue("-model:opus", "model", "opus", true)).toBe("");
});

test("values with spaces are quoted, and stand alone", () => {
  expect(filter.toggleValue("", "project", "/home/a b")).toBe('project:"/home/a b"');
  expect(filter.toggleValue("project:x", "project", "/home/a b")).toBe('project:"/home/a b"');
  expect(filter.toggleValue('project:"/home/a b"', "project", "/home/a b")).toBe("");
});

test("a facet's counts are asked for without its own key", () => {
  expect(filter.withoutKey("fix model:a -model:b client:c", "model")).toBe("fix -model:b client:c");
  expect(filter.keysAsked("fix model:a -client:b is:error model:c")).toEqual(["model", "is"]);
});

test("a range is the same term for a minute", () => {
  const now_ms = Date.UTC(2026, 10, 23, 12, 0, 10);
  expect(filter.rangeTerm("24h", now_ms)).toBe("after:2026-11-22T12:00:00Z");
  expect(filter.rangeTerm("24h", now_ms + 40_000)).toBe("after:2026-11-22T12:00:00Z");
  expect(filter.rangeTerm("all", now_ms)).toBeNull();
});

test("keys are suggested first, then their values with counts", () => {
  const facets = [{ key: "model", values: [{ value: "opus", requests: 1200 }, { value: "has space", requests: 3 }] }];
  const lines = (before: string) => filter.suggestions(before, filter.KEY_HINTS, facets).map(({ line }) => line);
  expect(lines("fix mo")).toEqual(["fix model:"]);
  expect(lines("fix -model:")).toEqual(["fix -model:opus ", 'fix -model:"has space" ']);
  expect(lines("model:OP")).toEqual(["model:opus "]);
  expect(lines("is:e")).toEqual(["is:error ", "is:cachemiss "]);
  for (const nothing of ["", "fix ", "unknown:", "std::", 'project:"a']) expect(lines(nothing)).toEqual([]);
});
