import { expect, test } from "vitest";

import { statusText } from "./status";

test("what went wrong outranks the status that came before", () => {
  expect(statusText({ status: 200, end: "ok" })).toBe("200");
  expect(statusText({ status: 200, end: "upstream_truncated" })).toBe("cut off");
  expect(statusText({ status: 529, end: "upstream_error" })).toBe("529");
  expect(statusText({ status: 0, end: "upstream_error" })).toBe("error");
  expect(statusText({ status: 0, end: null })).toBe("error");
  expect(statusText({ status: null, end: null })).toBe("…");
  expect(statusText({ status: 200, end: null })).toBe("200");
});
