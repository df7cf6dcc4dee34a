import { beforeEach, expect, test, vi } from "vitest";

import type { Cursor } from "../bindings/Cursor";
import type { Found } from "../bindings/Found";

const pages: Partial<Found>[] = [];
const asked: (Cursor | null)[] = [];
let between: () => void = () => {};
vi.mock("../ipc/call", () => ({
  call: async (_name: string, { after }: { after: Cursor | null }) => {
    asked.push(after);
    between();
    return { sessions: [], next: null, unranked: [], unread_files: 0, ...pages.shift() };
  },
}));
vi.mock("./question.svelte", () => ({ withRange: (query: string) => query }));

const { search } = await import("./search.svelte");
const session = (id: string) => ({ session: { id }, total: 1, has_more: false, hits: [] }) as unknown as Found["sessions"][number];
const at = (last_ms: number): Cursor => ({ last_ms, session: "s" });

beforeEach(() => {
  pages.length = 0;
  asked.length = 0;
  between = () => {};
});

test("pages that end empty are passed over until something is found, and it is told how far back that is", async () => {
  const seen: (number | null)[] = [];
  between = () => seen.push(search.back_to_ms);
  pages.push({ next: at(2) }, { next: at(1) }, { sessions: [session("a")], next: at(0), unranked: ["ver*"] });
  await search.run("ver* role:user", "all");
  expect(asked).toEqual([null, at(2), at(1)]);
  expect(seen).toEqual([null, 2, 1]);
  expect([search.found.length, search.hasMore, search.unranked]).toEqual([1, true, ["ver*"]]);
  pages.push({ next: at(-1) }, {});
  await search.more();
  expect(asked.slice(3)).toEqual([at(0), at(-1)]);
  expect([search.found.length, search.hasMore, search.loading]).toEqual([1, false, false]);
});

test("nothing more is asked once something else is searched for", async () => {
  pages.push({ next: at(2) }, { next: at(1) });
  between = () => {
    between = () => {};
    void search.run("", "all");
  };
  await search.run("ver*", "all");
  expect(asked).toEqual([null]);
});
