import { expect, test } from "vitest";

import { fromToml, toToml } from "./toml";

test("strings are shown without their quotes, and written with them", () => {
  for (const text of ["", "~/logs", 'say "hi"', "a\\b", "line\nbreak", "\u007f", "ü"]) {
    expect(fromToml(toToml(text))).toBe(text);
  }
  expect(toToml("\u007f")).toBe('"\\u007F"');
});

test("other values are shown as they are written", () => {
  expect(fromToml("12071")).toBe("12071");
  expect(fromToml("'C:\\logs'")).toBe("C:\\logs");
  expect(fromToml('"\\U0001F600"')).toBe('"\\U0001F600"');
});
