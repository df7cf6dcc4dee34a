// Each screen in both themes and at the least and the full size: no grave fault of accessibility, no error in the
// console. The pictures are kept in target/ui-screenshots/, for people.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { graveFaults } from "./support/axe.mjs";
import { go, launchBrowser, SIZES } from "./support/browser.mjs";
import { makeHome, ROOT, run, startExplorer, startProxy } from "./support/home.mjs";
import { writeStore } from "./support/store.mjs";

const PICTURES = path.join(ROOT, "target/ui-screenshots");

let home, proxy, explorer, browser, screens;
before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  home = makeHome();
  const stories = writeStore(home.logDir, { sessions: 120 });
  await run(home, "reindex");
  proxy = await startProxy(home);
  [explorer, browser] = [await startExplorer(home), await launchBrowser()];
  screens = await screensOf(stories);
});
after(async () => {
  await browser?.close();
  await explorer?.stop();
  await proxy?.stop();
  home?.remove();
});

/** Where each screen is, and a text that is there once the screen is. */
async function screensOf({ login, haiku, failures }) {
  const turns = JSON.parse(await run(home, "show", login, "--json"));
  const streamed = turns.find(({ seq }) => seq === 1).request_id;
  const detail = (view, fields) => `#/${view}?${new URLSearchParams(fields)}`;
  const request = (tab) => detail("requests", { request: streamed, tab });
  return {
    sessions: ["#/sessions", "A haiku about proxies"],
    "session-conversation": [detail("sessions", { session: login, turn: 1 }), "I'll run the test first."],
    "session-chat": [detail("sessions", { session: haiku }), "the river keeps notes"],
    "session-failures": [detail("sessions", { session: failures }), "could not be resolved"],
    "session-timeline": [detail("sessions", { session: login, tab: "timeline" }), "Sub-agent"],
    "session-context": [detail("sessions", { session: login, tab: "context" }), "Context"],
    "session-tools": [detail("sessions", { session: login, tab: "tools" }), "src/session.ts"],
    requests: ["#/requests", "The login test fails"],
    "request-messages": [request("messages"), "I'll run the test first."],
    "request-answer": [request("answer"), "I'll run the test first."],
    "request-request": [request("request"), "max_tokens"],
    "request-response": [request("response"), "message_start"],
    "request-headers": [request("headers"), "text/event-stream"],
    "request-timing": [request("timing"), "600 ms"],
    "request-record": [request("record"), ".jsonl"],
    search: ["#/search?filter=milliseconds", "milliseconds"],
    "search-nothing": ["#/search?filter=zzzzzz", "Nothing was said like that"],
    "filter-nothing": ["#/sessions?filter=zzzzzz", "No sessions match"],
    stats: ["#/stats", "Cache hits"],
    settings: ["#/settings", "Theme"],
    "settings-clients": ["#/settings?tab=clients", "Exports"],
    "settings-configuration": ["#/settings?tab=configuration", "drain_timeout_seconds"],
    "settings-storage": ["#/settings?tab=storage", "Log folder"],
    "settings-about": ["#/settings?tab=about", "Version"],
    welcome: ["#/welcome", "Point your tools at it"],
  };
}

test("a fault of accessibility is found out", async () => {
  const page = await browser.page(explorer);
  await page.getByText("A haiku about proxies").first().waitFor();
  await page.evaluate(() => document.querySelector("main").append(document.createElement("button")));
  assert.match((await graveFaults(page)).join("\n"), /critical button-name/);
  await page.close();
});

for (const theme of ["light", "dark"]) {
  for (const [sizeName, size] of Object.entries(SIZES)) {
    test(`every screen is in order: ${theme}, ${sizeName}`, { timeout: 300_000 }, async (context) => {
      const page = await browser.page(explorer, { theme, size });
      for (const [name, [hash, text]] of Object.entries(screens)) {
        await context.test(name, async () => {
          await go(page, hash);
          await page.getByText(text).locator("visible=true").first().waitFor({ timeout: 10_000 });
          await page.screenshot({ path: path.join(PICTURES, `${name}-${theme}-${sizeName}.png`) });
          assert.deepEqual(await graveFaults(page), []);
          assert.deepEqual(page.problems.splice(0), []);
        });
      }
      await page.close();
    });
  }
}
