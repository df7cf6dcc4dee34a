import { expect, test } from "vitest";

import { fromHash, START, toHash, type Place } from "./place";

test("an address survives the way there and back", () => {
  const places: Place[] = [
    START,
    { ...START, view: "requests", filter: 'is:error "two words" model:a,b', range: "7d", request: "a/b#c?d&e" },
    { ...START, session: "20261123-030829-0a1b2c3d", turn: 12, find: "50% off + more", tab: "timeline" },
  ];
  for (const place of places) expect(fromHash(toHash(place))).toEqual(place);
});

test("what is as at the start is left out", () => {
  expect(toHash(START)).toBe("#/sessions");
});

test("an address that nobody made leads to the start", () => {
  for (const hash of ["", "#", "#/nowhere?range=9y&turn=-1", "#/sessions?turn=1e99", "#?&&=%"]) {
    expect(fromHash(hash)).toEqual(START);
  }
});

test("the tray's short addresses lead to the same places", () => {
  const session = "20261123-030829-0a1b2c3d";
  expect(fromHash(`#/session/${session}`)).toEqual({ ...START, session });
  expect(fromHash(`#/session/${session}?turn=3`)).toEqual({ ...START, session, turn: 3 });
  expect(fromHash("#/request/a%2Fb")).toEqual({ ...START, view: "requests", request: "a/b" });
  expect(fromHash("#/request/%").request).toBe("%");
  expect(fromHash("#/session/")).toEqual(START);
});
