// Ten thousand sessions: the list is whole, and the page stays small.

import assert from "node:assert/strict";
import { test } from "node:test";

import { launchBrowser } from "./support/browser.mjs";
import { makeHome, run, startExplorer } from "./support/home.mjs";
import { writeStore } from "./support/store.mjs";

const EVERYDAY = 10_000;
const MAX_NODES = 2_000;

test("10,000 sessions scroll to their end, and the page has 2,000 nodes at most", { timeout: 600_000 }, async (context) => {
  const home = makeHome();
  context.after(() => home.remove());
  writeStore(home.logDir, { sessions: EVERYDAY });
  await run(home, "reindex");
  const explorer = await startExplorer(home);
  context.after(() => explorer.stop());
  const browser = await launchBrowser();
  context.after(() => browser.close());

  const page = await browser.page(explorer);
  page.setDefaultTimeout(30_000);
  const grid = page.getByRole("grid", { name: "Sessions" });
  await grid.getByRole("row", { name: /login test/ }).waitFor();
  const last = Number(await grid.getAttribute("aria-rowcount"));
  assert.equal(last, EVERYDAY + 3 + 1);
  let most = 0;
  for (let reached = 0; reached < last; ) {
    await page.keyboard.press("End");
    const before = reached;
    reached = await page.waitForFunction((index) => {
      const indexes = [...document.querySelectorAll("[role=row][aria-rowindex]")].map((row) => Number(row.ariaRowIndex ?? row.getAttribute("aria-rowindex")));
      const seen = Math.max(...indexes);
      return seen > index && seen;
    }, before).then((handle) => handle.jsonValue());
    most = Math.max(most, await page.evaluate(() => document.querySelectorAll("*").length));
  }
  assert.ok(most <= MAX_NODES, `${most} nodes`);
  await page.keyboard.press("Home");
  await grid.getByRole("row", { name: /login test/ }).waitFor();
  page.assertQuiet();
});
