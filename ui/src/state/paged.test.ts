import { expect, test } from "vitest";

import { PagedList, type Page } from "./paged.svelte";

interface Row {
  id: number;
  running: boolean;
}

/** A host with rows, latest first, whose answers can be held back. */
class Host {
  rows: Row[] = [];
  asked: { line: string; before: number | null; limit: number }[] = [];
  gate: Promise<void> = Promise.resolve();

  fill(from: number, to: number): void {
    for (let id = from; id <= to; id++) this.rows.unshift({ id, running: false });
  }

  list(): PagedList<Row, number> {
    return new PagedList<Row, number>({
      fetch: async (line, before, limit) => this.answer(line, before, limit),
      key: (row) => String(row.id),
      isRunning: (row) => row.running,
      most: 500,
    });
  }

  async answer(line: string, before: number | null, limit: number): Promise<Page<Row, number>> {
    this.asked.push({ line, before, limit });
    const from = before === null ? 0 : this.rows.findIndex(({ id }) => id === before) + 1;
    const rows = this.rows.slice(from, from + limit).map((row) => ({ ...row }));
    await this.gate;
    const last = rows.at(-1);
    return { rows, next: last && from + limit < this.rows.length ? last.id : null, totals: null, chips: [] };
  }
}

function ids(list: PagedList<Row, number>): number[] {
  return list.rows.map(({ id }) => id);
}

test("a list is read page by page, each row once", async () => {
  const host = new Host();
  host.fill(1, 1000);
  const list = host.list();
  await list.show("", () => "");
  expect(list.rows.length).toBe(200);
  await list.more();
  await list.more();
  expect(ids(list)).toEqual(host.rows.map(({ id }) => id));
  expect(list.hasMore).toBe(false);
  await list.more();
  expect(host.asked.length).toBe(3);
});

test("at its head a list follows; further down it holds still and counts", async () => {
  const host = new Host();
  host.fill(1, 300);
  const list = host.list();
  await list.show("", () => "");
  host.fill(301, 302);
  await list.refresh();
  expect(ids(list)[0]).toBe(302);

  list.follow(false);
  host.fill(303, 305);
  host.rows[4] = { id: 301, running: true };
  await list.refresh();
  expect(ids(list)[0]).toBe(302);
  expect(list.unseen).toBe(3);
  // What is shown is kept fresh all the same.
  expect(list.rows[1]).toEqual({ id: 301, running: true });

  list.follow(true);
  await expect.poll(() => list.unseen).toBe(0);
  expect(ids(list)[0]).toBe(305);
});

test("pages that were read stay when the head is read again", async () => {
  const host = new Host();
  host.fill(1, 400);
  const list = host.list();
  await list.show("", () => "");
  await list.more();
  host.fill(401, 401);
  await list.refresh();
  expect(ids(list)).toEqual(host.rows.map(({ id }) => id));
});

test("after more than a page of new rows the list begins again", async () => {
  const host = new Host();
  host.fill(1, 100);
  const list = host.list();
  await list.show("", () => "");
  host.fill(101, 900);
  await list.refresh();
  expect(ids(list)).toEqual(host.rows.slice(0, 200).map(({ id }) => id));
  expect(list.hasMore).toBe(true);
});

test("rows that are gone from a whole list go", async () => {
  const host = new Host();
  host.fill(1, 5);
  const list = host.list();
  await list.show("", () => "");
  host.rows = host.rows.filter(({ id }) => id !== 3);
  await list.refresh();
  expect(ids(list)).toEqual([5, 4, 2, 1]);
});

test("the head is read as far down as something runs", async () => {
  const host = new Host();
  host.fill(1, 400);
  const list = host.list();
  await list.show("", () => "");
  await list.more();
  host.rows[299] = { id: 101, running: true };
  list.rows = host.rows;
  await list.refresh();
  expect(host.asked.at(-1)?.limit).toBe(300);
});

test("an answer that another question has overtaken is dropped", async () => {
  const host = new Host();
  host.fill(1, 3);
  const list = host.list();
  let open = () => {};
  host.gate = new Promise((done) => (open = done));
  const first = list.show("a", () => "a");
  host.rows = [];
  host.fill(11, 13);
  const second = list.show("b", () => "b");
  open();
  await Promise.all([first, second]);
  expect(ids(list)).toEqual([13, 12, 11]);
});

test("the question stays, its line is made anew", async () => {
  const host = new Host();
  const list = host.list();
  await list.show("24h", () => "after:1");
  await list.show("24h", () => "after:2");
  expect(host.asked.map(({ line }) => line)).toEqual(["after:1", "after:2"]);
});

test("a failure leaves the rows, and goes with the next answer", async () => {
  const host = new Host();
  host.fill(1, 2);
  const list = host.list();
  await list.show("", () => "");
  host.gate = Promise.reject(new Error("locked"));
  await list.refresh();
  expect(list.error).toBe("locked");
  expect(ids(list)).toEqual([2, 1]);
  host.gate = Promise.resolve();
  await list.refresh();
  expect(list.error).toBeNull();
});
