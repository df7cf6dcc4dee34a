import { expect, test } from "vitest";

import { csv } from "./csv";

test("fields are quoted where they must be", () => {
  expect(csv([["a", "b,c", 'say "hi"', 1.5, null]])).toBe('a,"b,c","say ""hi""",1.5,\r\n');
});

test("nothing in it is a formula", () => {
  expect(csv([["=HYPERLINK(1)", "+1", "-x", "@a", -3]])).toBe("'=HYPERLINK(1),'+1,'-x,'@a,-3\r\n");
});
