import { expect, test } from "vitest";

import { fitting, template, type Column } from "./columns";

const columns: Column[] = [
  { id: "state", title: "", width_px: 20, rank: 0 },
  { id: "title", title: "Title", width_px: 160, rank: 0, grows: true },
  { id: "model", title: "Model", width_px: 120, rank: 2 },
  { id: "cost", title: "Cost", width_px: 60, rank: 1 },
];

function shown(room_px: number): string[] {
  return fitting(columns, room_px).map(({ id }) => id);
}

test("the least important columns go first, and the order stays", () => {
  expect(shown(500)).toEqual(["state", "title", "model", "cost"]);
  expect(shown(300)).toEqual(["state", "title", "cost"]);
  expect(shown(200)).toEqual(["state", "title"]);
  expect(shown(0)).toEqual(["state", "title"]);
});

test("one column takes what is left over", () => {
  expect(template(fitting(columns, 300))).toBe("20px minmax(160px, 1fr) 60px");
});
