// Whatever was said to or by a model is text in the explorer. Every payload is put in every place where a stranger's
// text can stand, the whole page is walked, and nothing may run, be asked for, or become an element.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launchBrowser } from "./support/browser.mjs";
import { startCanary } from "./support/canary.mjs";
import { makeHome, run, startExplorer } from "./support/home.mjs";
import { BLANK, controlTexts, takeForMarkup } from "./support/hostile_control.mjs";
import { watchPage } from "./support/hostile_page.mjs";
import { marksOf, SINKS, writeHostileStore } from "./support/hostile_store.mjs";
import { HOME_OF, hostilePlaces } from "./support/hostile_walk.mjs";
import { PAYLOADS } from "./support/payloads.mjs";

/** High, so that there is little to scroll; narrow, so that a session stands alone. Painted small, which is quick. */
const TALL = { width: 900, height: 3000 };
const SCALE = 0.2;
/** Browsers that walk at the same time. */
const WALKERS = 2;
const NOT_FOUND = /^console: Failed to load resource: the server responded with a status of 40[04] /;

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

test("the set is 220 payloads for 14 places", () => {
  assert.equal(new Set(PAYLOADS.map(({ text }) => text)).size, 220);
  assert.equal(Object.keys(SINKS).length, 14);
});

test("a page that takes text for markup is found out", async () => {
  const canary = await startCanary(BLANK);
  const page = await browser.context.newPage();
  const outcomes = [];
  for (const text of controlTexts(canary.origin)) {
    await page.goto(`${canary.origin}/page`);
    await page.evaluate(watchPage);
    outcomes.push(await page.evaluate(takeForMarkup, text));
  }
  await page.close();
  await canary.stop();
  const ran = outcomes.filter(({ scripts }) => scripts > 0).length;
  const became = outcomes.filter(({ forbidden }) => forbidden > 0).length;
  assert.ok(ran >= outcomes.length / 4, `${ran} of ${outcomes.length} ran a script`);
  assert.ok(became >= outcomes.length * 0.8, `${became} of ${outcomes.length} became elements`);
  assert.ok(canary.asked.length >= 3, `${canary.asked.length} requests`);
});

test("nothing that was said runs, loads or becomes an element", { timeout: 1_800_000 }, async (context) => {
  const home = makeHome();
  const canary = await startCanary();
  const sessions = writeHostileStore(home.logDir, canary.origin);
  await run(home, "reindex");
  const explorer = await startExplorer(home);
  context.after(async () => {
    await explorer.stop();
    await canary.stop();
    home.remove();
  });

  const places = hostilePlaces(sessions, canary.origin);
  const reports = await Promise.all(
    Array.from({ length: WALKERS }, (_, walker) => walk(explorer, places.filter((_, index) => index % WALKERS === walker))),
  );

  const all = (key) => reports.flatMap((report) => report[key]);
  const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
  const isRequest = (problem) => problem.startsWith("request:");
  const requests = canary.asked.length + all("problems").filter(isRequest).length + all("violations").length + sum("navigations");
  const { count, missing } = renderings(reports);
  console.log(`${count} renderings: ${sum("scripts")} scripts, ${requests} requests, ${all("forbidden").length} forbidden elements`);
  assert.ok(sum("pictures") > 0, "the image that is one was shown");
  assert.equal(sum("scripts"), 0);
  assert.deepEqual([...canary.asked, ...all("violations"), ...new Set(all("problems"))], []);
  assert.equal(sum("navigations"), 0);
  assert.deepEqual([...new Set(all("forbidden"))], []);
  assert.deepEqual([...new Set(all("lies"))].sort(), [], "texts that hide or reverse what is in them");
  assert.deepEqual(all("unsettled"), [], "places that never came to rest");
  assert.deepEqual(missing, [], "texts that were nowhere to be seen");
  assert.equal(count, 220 * 14);
});

/** Walks through the places with a browser of its own; what it saw. */
async function walk(explorer, places) {
  const own = await launchBrowser({ scale: SCALE });
  const page = await own.page(explorer, { hash: "#/settings", size: TALL });
  await page.evaluate(watchPage);
  for (const [index, place] of places.entries()) {
    await page.evaluate((to) => window.__walk.visit(to), place);
    if ((index + 1) % 100 === 0) console.log(`walked through ${index + 1} of ${places.length} places`);
  }
  const report = await page.evaluate(() => window.__walk.report());
  // Some links name what does not exist: the explorer says so.
  const problems = page.problems.filter((problem) => !NOT_FOUND.test(problem));
  await own.close();
  return { ...report, problems };
}

/** A payload counts as rendered in a place when its marks were in the view where that place is shown. */
function renderings(reports) {
  const seenIn = {};
  for (const [as, marks] of reports.flatMap((report) => Object.entries(report.found))) {
    seenIn[as] = new Set([...(seenIn[as] ?? []), ...marks]);
  }
  const missing = [];
  let count = 0;
  for (const index of PAYLOADS.keys()) {
    for (const sink of Object.keys(SINKS)) {
      if (marksOf(index, sink).every((mark) => seenIn[HOME_OF[sink]]?.has(mark))) count++;
      else missing.push(`${sink} of payload ${index} (${PAYLOADS[index].category}) in ${HOME_OF[sink]}`);
    }
  }
  return { count, missing };
}
