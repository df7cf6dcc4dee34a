// What the views do: that they show what is in the log, once and whole, and that everything can be reached by keys.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { go, launchBrowser, SIZES } from "./support/browser.mjs";
import { factsOf } from "./support/facts.mjs";
import { makeHome, run, startExplorer } from "./support/home.mjs";
import { writeStore } from "./support/store.mjs";

const TITLE = "The login test fails since yesterday. Find out why and fix it.";

let home, stories, facts, explorer, browser;
before(async () => {
  home = makeHome();
  stories = writeStore(home.logDir, { sessions: 150 });
  facts = factsOf(home.logDir);
  await run(home, "reindex");
  [explorer, browser] = [await startExplorer(home), await launchBrowser()];
});
after(async () => {
  await browser?.close();
  await explorer?.stop();
  home?.remove();
});

/** Opens a page for one test, which fails when anything in it does. */
async function onPage(context, hash, options) {
  const page = await browser.page(explorer, { hash, ...options });
  page.setDefaultTimeout(10_000);
  context.after(() => page.close());
  return page;
}

const session = (id, fields = {}) => `#/sessions?${new URLSearchParams({ session: id, ...fields })}`;
const hashOf = (page) => new URL(page.url()).hash;
const isIn = (page, hash) => page.waitForFunction((wanted) => location.hash.includes(wanted), hash);
const conversation = (page) => page.getByRole("region", { name: "Conversation" });
const focused = (page) => page.evaluate(() => document.activeElement?.textContent ?? "");

test("the list has a row for each session, and the sums of all", async (context) => {
  const page = await onPage(context, "#/sessions");
  const grid = page.getByRole("grid", { name: "Sessions" });
  await grid.getByRole("row", { name: /login test/ }).waitFor();
  assert.equal(await grid.getAttribute("aria-rowcount"), String(facts.sessions + 1));
  await page.getByText(`${facts.requests} requests in ${facts.sessions} sessions`).waitFor();
  page.assertQuiet();
});

test("images are shown where they were said, are never fetched from the net, and open whole", async (context) => {
  const page = await onPage(context, session(stories.login, { turn: "1" }), { size: SIZES.small });
  await conversation(page).getByText("npm test -- login").waitFor();
  assert.deepEqual(page.calls.filter(({ name }) => name === "image"), [], "those out of sight are not asked for");
  await page.setViewportSize({ width: 1600, height: 4000 });
  const user = conversation(page).locator(".row.image img");
  await user.first().waitFor();
  assert.match(await user.first().getAttribute("src"), /^data:image\/png;base64,/);
  assert.deepEqual(await user.first().evaluate(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight]), [640, 400]);
  const { width, height } = await user.first().boundingBox();
  assert.ok(width <= 320 && height <= 240, `${width} × ${height}`);
  // What is only an address stays one.
  await conversation(page).getByRole("button", { name: "https://example.com/basket.png" }).waitFor();
  assert.equal(await user.count(), 1);

  await conversation(page).getByRole("button", { name: /image\/png · 640 × 400/ }).first().focus();
  await page.keyboard.press("Enter");
  const whole = page.getByRole("dialog", { name: "Image" });
  assert.equal((await whole.getByRole("img").boundingBox()).width, 640);
  await page.keyboard.press("Escape");
  await whole.waitFor({ state: "detached" });
  page.assertQuiet();
});

test("a tool's images are in its card, and in the request that brought them", async (context) => {
  const page = await onPage(context, session(stories.login), { size: { width: 1600, height: 4000 } });
  const card = conversation(page).locator("section.tool", { hasText: "1 image" });
  await card.getByRole("button").first().click();
  await card.getByRole("img", { name: /640 × 400/ }).waitFor();
  const { request_id: id } = page.calls.findLast(({ name }) => name === "image").args;
  await go(page, `#/requests?${new URLSearchParams({ request: id })}`);
  const messages = page.getByRole("region", { name: "Messages" });
  await messages.getByText("Tool result").click();
  await messages.getByRole("img", { name: /640 × 400/ }).first().waitFor();
  page.assertQuiet();
});

test("sessions are listed by what a click or a key chooses, and the address keeps it", async (context) => {
  const page = await onPage(context, "#/sessions");
  const grid = page.getByRole("grid", { name: "Sessions" });
  await grid.getByRole("row", { name: /login test/ }).waitFor();
  const head = (name) => grid.getByRole("columnheader", { name });
  const costs = async () => (await grid.locator("[data-column=cost]").allTextContents()).map((text) => Number(text.replace(/[^\d.]/g, "")));
  await head("Cost").getByRole("button").click();
  await isIn(page, "order=cost");
  await grid.locator("[data-list]:not(.stale)").waitFor();
  assert.equal(await head("Cost ↓").getAttribute("aria-sort"), "descending");
  const [most, ...rest] = await costs();
  assert.ok(rest.length > 10 && rest.every((cost, at) => cost <= (at === 0 ? most : rest[at - 1])), `${most}, ${rest}`);
  await page.reload();
  await head("Cost ↓").waitFor();
  await page.keyboard.press("s");
  await head("Last ↓").waitFor();
  assert.ok(!hashOf(page).includes("order"));
  page.assertQuiet();
});

test("the requests list has a row for each request, latest first", async (context) => {
  const page = await onPage(context, "#/requests");
  const grid = page.getByRole("grid", { name: "Requests" });
  await grid.getByRole("row", { name: /login test/ }).first().waitFor();
  assert.equal(await grid.getAttribute("aria-rowcount"), String(facts.requests + 1));
  page.assertQuiet();
});

test("j and k move, Enter opens, Esc leads back to the row", async (context) => {
  const page = await onPage(context, "#/sessions");
  await page.getByRole("row", { name: /haiku about proxies/ }).waitFor();
  await page.keyboard.press("j");
  assert.match(await focused(page), /login test/);
  await page.keyboard.press("j");
  assert.match(await focused(page), /haiku/);
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  assert.match(await focused(page), /haiku/);
  await page.keyboard.press("Enter");
  await isIn(page, stories.haiku);
  await conversation(page).getByText("the river keeps notes").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("complementary", { name: "Session" }).waitFor({ state: "detached" });
  assert.doesNotMatch(hashOf(page), /session=/);
  assert.match(await focused(page), /haiku/);
  page.assertQuiet();
});

test("a session shows each message once", async (context) => {
  const page = await onPage(context, session(stories.login, { turn: "1" }), { size: { width: 1600, height: 4000 } });
  const said = conversation(page);
  for (const text of [TITLE, "I'll run the test first.", "The session is lost on reload. Let me look at how the cookie is set.", "Running the tests once more.", "Thanks! Please write the changelog entry."]) {
    await said.getByText(text, { exact: true }).waitFor();
    assert.equal(await said.getByText(text, { exact: true }).count(), 1, text);
  }
  await said.getByText("3 tries (529, 529, ok)").waitFor();
  await said.getByText("2 tries (cut, ok)").waitFor();
  page.assertQuiet();
});

test("a tool call and its result are one card, which opens", async (context) => {
  const page = await onPage(context, session(stories.login, { turn: "1" }), { size: { width: 1600, height: 4000 } });
  const cards = conversation(page).getByRole("region", { name: "Tool call Bash" });
  const card = cards.first();
  await card.getByText("npm test -- login").waitFor();
  assert.equal(await cards.count(), 2);
  assert.equal(await card.getByText("expected 200, got 401").count(), 0);
  await card.getByRole("button").first().click();
  await card.getByText("expected 200, got 401").waitFor();
  assert.equal(await card.getByText("at frame 39").count(), 0, "20 lines at first");
  await card.getByRole("button", { name: /Show all/ }).click();
  await card.getByText("at frame 39").waitFor();
  assert.equal(await card.getByText("\u001b").count(), 0, "no escapes");
  page.assertQuiet();
});

test("thinking is closed, and opens", async (context) => {
  const page = await onPage(context, session(stories.login, { turn: "1" }), { size: { width: 1600, height: 4000 } });
  const thought = conversation(page).getByRole("button", { name: /^Thinking/ }).first();
  await thought.waitFor();
  assert.equal(await thought.getAttribute("aria-expanded"), "false");
  await thought.click();
  assert.equal(await thought.getAttribute("aria-expanded"), "true");
  await conversation(page).getByText("before I read any code.", { exact: false }).waitFor();
  await page.keyboard.press("t");
  await page.waitForFunction(() => [...document.querySelectorAll("[aria-expanded]")].filter((button) => button.textContent.includes("Thinking")).length === 2);
  page.assertQuiet();
});

test("a stream that was cut and what still runs are marked", async (context) => {
  const page = await onPage(context, session(stories.login), { size: { width: 1600, height: 4000 } });
  await conversation(page).getByText(/^Running · /).waitFor();
  await conversation(page).getByText(/ended early/).waitFor();
  page.assertQuiet();
});

test("a filter is a line that says what it lets through", async (context) => {
  const page = await onPage(context, "#/requests");
  await page.getByRole("row", { name: /login test/ }).first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("status:529");
  await page.keyboard.press("Enter");
  await page.waitForFunction((count) => document.querySelector("[role=grid]")?.ariaRowCount === count, String(facts.statuses[529] + 1));
  await page.getByText(`${facts.statuses[529]} requests in 1 session`).waitFor();
  assert.match(hashOf(page), /filter=status%3A529/);
  await page.goBack();
  await page.getByText(`${facts.requests} requests in ${facts.sessions} sessions`).waitFor();
  page.assertQuiet();
});

test("a filter that is not understood is said, not hidden", async (context) => {
  const page = await onPage(context, "#/sessions?filter=nonsense:1");
  await page.getByText("nonsense:1").first().waitFor();
  await page.getByText(`${facts.requests} requests in ${facts.sessions} sessions`).waitFor();
  page.assertQuiet();
});

test("Enter in the search opens the turn, with the hit in view", async (context) => {
  const page = await onPage(context, "#/sessions");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("combobox", { name: "Search" }).waitFor();
  await page.keyboard.type("milliseconds");
  await page.getByRole("button", { name: /milliseconds/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await isIn(page, stories.login);
  await page.waitForFunction(() => {
    const box = document.querySelector("[aria-label=Conversation]")?.getBoundingClientRect();
    const words = document.createTreeWalker(document.querySelector("[aria-label=Conversation]") ?? document.head, NodeFilter.SHOW_TEXT);
    while (box && words.nextNode()) {
      if (!words.currentNode.data.includes("milliseconds")) continue;
      const range = document.createRange();
      range.selectNodeContents(words.currentNode);
      const place = range.getBoundingClientRect();
      if (place.height > 0 && place.top >= box.top && place.bottom <= box.bottom) return true;
    }
    return false;
  });
  page.assertQuiet();
});

test("the stats are the sums over the log", async (context) => {
  const page = await onPage(context, "#/stats");
  const value = (title) => page.locator("dl > div", { has: page.getByText(title, { exact: true }) }).locator("dd").first();
  await value("Requests").waitFor();
  assert.equal(await value("Requests").textContent(), String(facts.requests));
  assert.equal(await value("Input").textContent(), thousands(facts.input));
  assert.equal(await value("Output").textContent(), thousands(facts.output));
  await page.getByText(`in ${facts.sessions} sessions`).waitFor();
  await page.getByText(`${facts.failed} requests`, { exact: true }).waitFor();
  page.assertQuiet();
});

/** As the page shortens numbers. */
function thousands(count) {
  const scaled = count < 1e6 ? [count / 1e3, "k"] : [count / 1e6, "M"];
  return `${scaled[0] < 99.95 ? scaled[0].toFixed(1).replace(/\.0$/, "") : Math.round(scaled[0])}${scaled[1]}`;
}

test("a row of the stats leads to its requests", async (context) => {
  const page = await onPage(context, "#/stats");
  await page.getByRole("button", { name: "529", exact: true }).click();
  await page.getByRole("grid", { name: "Requests" }).waitFor();
  await page.getByText(`${facts.statuses[529]} requests in 1 session`).waitFor();
  page.assertQuiet();
});

test("a setting is written to the configuration file", async (context) => {
  const page = await onPage(context, "#/settings?tab=configuration");
  const field = page.getByRole("textbox", { name: "drain_timeout_seconds" });
  await field.fill("17");
  await field.press("Enter");
  await page.getByRole("button", { name: "Reset" }).waitFor();
  assert.match(readFileSync(home.configFile, "utf8"), /^drain_timeout_seconds = 17$/m);
  await page.getByRole("button", { name: "Reset" }).click();
  await page.getByRole("button", { name: "Reset" }).waitFor({ state: "detached" });
  assert.doesNotMatch(readFileSync(home.configFile, "utf8"), /drain_timeout_seconds/);
  page.assertQuiet();
});

test("a link is shown before it is opened, and only https is", async (context) => {
  const page = await onPage(context, session(stories.login), { size: { width: 1600, height: 4000 } });
  await page.getByRole("button", { name: "the cookie documentation" }).click();
  const dialog = page.getByRole("dialog", { name: "Open a link" });
  await dialog.getByText("https://example.com/cookies").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  page.assertQuiet();
});

test("a link into the page survives a reload", async (context) => {
  const page = await onPage(context, session(stories.login, { turn: "10" }), { size: SIZES.small });
  const turn = page.getByRole("button", { name: "#10", exact: true });
  await turn.waitFor();
  await page.reload();
  await turn.waitFor();
  assert.ok(await turn.evaluate((button) => button.getBoundingClientRect().top < innerHeight), "in view");
  await page.getByRole("heading", { name: TITLE }).waitFor();
  page.assertQuiet();
});

test("everything is done with keys alone", async (context) => {
  const page = await onPage(context, "#/sessions");
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await page.getByRole("row", { name: /login test/ }).waitFor();
  await press("?");
  await page.getByRole("dialog").getByText("Next row").first().waitFor();
  await press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await press("g", "r");
  await page.getByRole("grid", { name: "Requests" }).getByRole("row", { name: /login test/ }).first().waitFor();
  await press("j", "j", "Enter");
  await page.getByRole("complementary", { name: "Request" }).getByRole("tab", { name: "Messages", selected: true }).waitFor();
  for (const [key, name] of [["5", "Headers"], ["6", "Timing"], ["1", "Messages"]]) {
    await press(key);
    await page.getByRole("tab", { name, selected: true }).waitFor();
  }
  const opened = hashOf(page);
  const step = (name) => page.locator("button:enabled", { hasText: /[‹›]/ }).and(page.getByRole("button", { name })).waitFor();
  await step("Previous in session");
  await press("[");
  await page.waitForFunction((before) => location.hash !== before, opened);
  await step("Next in session");
  await press("]");
  await page.waitForFunction((before) => location.hash === before, opened);
  await press("Escape", "g", "t");
  await page.getByText("Cache hits").first().waitFor();
  await press("Control+,");
  await page.getByRole("heading", { name: "General" }).waitFor();
  await press("g", "s");
  await page.getByRole("row", { name: /login test/ }).waitFor();
  page.assertQuiet();
});

test("the Tab key goes through all that can be used, and shows where it is", async (context) => {
  const page = await onPage(context, session(stories.haiku));
  await conversation(page).getByText("the river keeps notes").waitFor();
  const visited = new Set();
  for (let steps = 0; steps < 200; steps++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const name = element.ariaLabel ?? element.textContent.trim().slice(0, 30);
      return { name: `${element.tagName} ${name}`, shown: (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none" };
    });
    if (at === null) break;
    assert.ok(at.shown, `${at.name} does not show that it has the focus`);
    visited.add(at.name);
  }
  for (const wanted of [/Filter/, /BUTTON Stats/, /Settings/, /Conversation/]) {
    assert.ok([...visited].some((name) => wanted.test(name)), `${wanted} was reached: ${[...visited].join(", ")}`);
  }
  page.assertQuiet();
});

test("] and [ count while the next request is fetched: the last of them is where it goes", async (context) => {
  const requests = JSON.parse(await run(home, "show", stories.login, "--json")).map(({ request_id: id }) => id);
  const page = await onPage(context, `#/requests?${new URLSearchParams({ request: requests[0] })}`);
  const shows = (at) => page.getByRole("article").getByText(requests[at]).waitFor();
  await shows(0);
  const held = [];
  await page.route("**/call", async (route) => {
    const { name, args } = route.request().postDataJSON();
    if (name === "request" && args.request_id === requests[1]) await new Promise((resolve) => held.push(resolve));
    await route.continue();
  });
  const isHeld = async () => {
    while (held.length === 0) await page.waitForTimeout(10);
  };
  await page.keyboard.press("]");
  await isHeld();
  await page.keyboard.press("]");
  held.splice(0).forEach((resolve) => resolve());
  await shows(2);

  await page.keyboard.press("[");
  await isHeld();
  await page.keyboard.press("[");
  await page.keyboard.press("]");
  held.splice(0).forEach((resolve) => resolve());
  await page.waitForFunction((id) => location.hash.includes(id), requests[2]);
  await shows(2);
  page.assertQuiet();
});

test("an id that is nobody's says so", async (context) => {
  const page = await onPage(context, session("20200101-000000-00000000"));
  await page.getByRole("complementary", { name: "Session" }).getByText(/no session|not found|gone/i).first().waitFor();
  await go(page, "#/sessions");
  await page.getByRole("row", { name: /login test/ }).waitFor();
});
