import { expect, test } from "vitest";

import { placesOf, rowAt, wrapped } from "./wrap";

test("only a line's first row has its number, and empty lines have a row", () => {
  expect(wrapped("abcde\n\nf", 2)).toEqual([
    { number: 1, text: "ab", from: 0 },
    { number: null, text: "cd", from: 2 },
    { number: null, text: "e", from: 4 },
    { number: 2, text: "", from: 6 },
    { number: 3, text: "f", from: 7 },
  ]);
});

test("what is found is on the row that shows its beginning", () => {
  const text = "abcde\n\nfab";
  const rows = wrapped(text, 2);
  expect(placesOf(text, "ab", 10).map((place) => rowAt(rows, place))).toEqual([0, 4]);
  expect(placesOf(text, "ab", 1)).toEqual([0]);
  expect(placesOf(text, "", 1)).toEqual([]);
});
