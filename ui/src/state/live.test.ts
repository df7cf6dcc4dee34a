import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { ChangeNote } from "../bindings/ChangeNote";

let tell: (note: ChangeNote) => void = () => {};
vi.mock("../ipc/call", () => ({
  watch: (heard: (note: ChangeNote) => void) => {
    tell = heard;
    return () => {};
  },
}));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: false, addEventListener: () => {} });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what was about to be asked when somebody paused is asked when they go on", async () => {
  const { live } = await import("./live.svelte");
  const asked: ChangeNote[][] = [];
  const end = live.onChange((notes) => void asked.push(notes));
  tell({ change: "something" });
  live.togglePause();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([]);
  live.togglePause();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([[{ change: "something" }]]);
  end();
});
