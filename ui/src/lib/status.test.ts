import { expect, test } from "vitest";

import { statusText } from "./status";

test("what went wrong outranks the status that came before", () => {
  expect(statusText({ status: 200, end: "ok", running: false })).toBe("200");
  expect(statusText({ status: 200, end: "upstream_truncated", running: false })).toBe("cut off");
  expect(statusText({ status: 529, end: "upstream_error", running: false })).toBe("529");
  expect(statusText({ status: 0, end: "upstream_error", running: false })).toBe("error");
  expect(statusText({ status: 0, end: null, running: false })).toBe("error");
  expect(statusText({ status: null, end: null, running: true })).toBe("…");
  expect(statusText({ status: null, end: null, running: false })).toBe("lost");
  expect(statusText({ status: 200, end: null, running: false })).toBe("200");
});
