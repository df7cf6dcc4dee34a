// What happens is seen as it happens: a real proxy between a client and a provider that answers when the test says.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launchBrowser } from "./support/browser.mjs";
import { makeHome, run, startExplorer, startProxy } from "./support/home.mjs";
import { writeStore } from "./support/store.mjs";
import { ask, startUpstream } from "./support/upstream.mjs";

let home, upstream, proxy, explorer, browser;
before(async () => {
  home = makeHome();
  writeStore(home.logDir);
  await run(home, "reindex");
  upstream = await startUpstream(home);
  proxy = await startProxy(home);
  [explorer, browser] = [await startExplorer(home), await launchBrowser()];
});
after(async () => {
  await browser?.close();
  await explorer?.stop();
  await proxy?.stop();
  await upstream?.stop();
  home?.remove();
});

/** Opens a page that is never to be loaded again. */
async function onPage(context, hash) {
  const page = await browser.page(explorer, { hash });
  page.setDefaultTimeout(15_000);
  context.after(() => page.close());
  let loads = 0;
  page.on("load", () => loads++);
  page.assertNeverReloaded = () => assert.equal(loads, 0);
  return page;
}

const said = (content) => [{ role: "user", content }];

test("a session appears while it runs, and says when it is done", async (context) => {
  const page = await onPage(context, "#/sessions");
  await page.getByRole("row", { name: /login test/ }).waitFor();
  const answer = ask(proxy, said("Water the plants"));
  const row = page.getByRole("row", { name: /Water the plants/ });
  await row.waitFor();
  await row.getByText("Running", { exact: true }).waitFor({ state: "attached" });
  const request = await upstream.nextRequest();
  request.begin("The plants are watered now, and the window is open too.");
  await row.click();
  await page.getByText(/^Running · /).waitFor();
  request.end();
  await answer;
  await page.getByText("The plants are watered now, and the window is open too.").waitFor();
  await page.getByText(/^Running · /).waitFor({ state: "detached" });
  await row.getByText("Idle", { exact: true }).waitFor({ state: "attached" });
  page.assertNeverReloaded();
  page.assertQuiet();
});

test("an open session grows by what is said next", async (context) => {
  const page = await onPage(context, "#/sessions");
  const first = ask(proxy, said("Count to two"));
  const one = await upstream.nextRequest();
  one.begin("One, and then there is more to come.");
  one.end();
  await first;
  await page.getByRole("row", { name: /Count to two/ }).click();
  await page.getByText("One, and then there is more to come.").waitFor();
  const second = ask(proxy, [...said("Count to two"), { role: "assistant", content: "One, and then there is more to come." }, { role: "user", content: "Go on" }]);
  const two = await upstream.nextRequest();
  await page.getByText("Go on", { exact: true }).waitFor();
  two.begin("Two, and that is the end of it all.");
  two.end();
  await second;
  await page.getByText("Two, and that is the end of it all.").waitFor();
  assert.equal(await page.getByText("One, and then there is more to come.").count(), 1, "said once");
  page.assertNeverReloaded();
  page.assertQuiet();
});

test("the requests list follows, and so do its sums", async (context) => {
  const page = await onPage(context, "#/requests");
  const grid = page.getByRole("grid", { name: "Requests" });
  await grid.getByRole("row", { name: /login test/ }).first().waitFor();
  const before = Number(await grid.getAttribute("aria-rowcount"));
  const answer = ask(proxy, said("Follow me"));
  await grid.getByRole("row", { name: /Follow me/ }).waitFor();
  const request = await upstream.nextRequest();
  request.begin("I follow, wherever that may lead us both.");
  request.end();
  await answer;
  await grid.getByRole("row", { name: /Follow me.*200|200.*Follow me/ }).waitFor();
  assert.equal(Number(await grid.getAttribute("aria-rowcount")), before + 1);
  page.assertNeverReloaded();
  page.assertQuiet();
});

test("whoever pauses the list sees nothing new until it goes on", async (context) => {
  const other = await onPage(context, "#/sessions");
  const page = await onPage(context, "#/sessions");
  await page.getByRole("row", { name: /login test/ }).waitFor();
  await page.keyboard.press("Control+.");
  await page.getByRole("button", { name: "Paused" }).waitFor();
  const answer = ask(proxy, said("Nobody sees this yet"));
  const request = await upstream.nextRequest();
  request.begin("Not yet, but soon enough it will be seen.");
  request.end();
  await answer;
  await other.getByRole("row", { name: /Nobody sees this yet/ }).getByText("Idle", { exact: true }).waitFor({ state: "attached" });
  assert.equal(await page.getByRole("row", { name: /Nobody sees this yet/ }).count(), 0);
  await page.keyboard.press("Control+.");
  await page.getByRole("row", { name: /Nobody sees this yet/ }).waitFor();
  page.assertQuiet();
});
