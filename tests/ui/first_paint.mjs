// How long a list of many sessions takes to be there. By hand: node tests/ui/first_paint.mjs [SESSIONS]

import { launchBrowser } from "./support/browser.mjs";
import { makeHome, run, startExplorer } from "./support/home.mjs";
import { writeStore } from "./support/store.mjs";

const ROUNDS = 9;
const sessions = Number(process.argv[2] ?? 10_000);

const home = makeHome();
let explorer, browser;
try {
  writeStore(home.logDir, { sessions });
  await run(home, "reindex");
  explorer = await startExplorer(home);
  browser = await launchBrowser();
  const page = await browser.page(explorer, { before: notePaintOfFirstRow });
  const times_ms = [];
  for (let round = 0; round < ROUNDS; round++) {
    await page.goto("about:blank");
    await page.goto(`${explorer.origin}/#/sessions`);
    times_ms.push(await page.waitForFunction(() => window.__firstRow_ms).then((handle) => handle.jsonValue()));
  }
  times_ms.sort((one, other) => one - other);
  const [median, slowest] = [times_ms[ROUNDS >> 1], times_ms.at(-1)].map(Math.round);
  console.log(`first row of ${sessions} sessions painted after ${median} ms (median of ${ROUNDS}; slowest ${slowest} ms)`);
} finally {
  await browser?.close();
  await explorer?.stop();
  home.remove();
}

/** Runs in the page: the time from navigation to the frame that is drawn with the first row of data in it. */
function notePaintOfFirstRow() {
  const look = () => {
    if (document.querySelector("[role=row][aria-rowindex='2'] [role=gridcell]")) {
      // The row is drawn in the frame that begins here, and has been at the next one.
      requestAnimationFrame((now) => (window.__firstRow_ms = now));
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
