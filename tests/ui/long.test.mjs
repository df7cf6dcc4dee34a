// Texts that are longer than the screen, and than what is laid out at first.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launchBrowser, SIZES } from "./support/browser.mjs";
import { makeHome, run, startExplorer } from "./support/home.mjs";
import { random } from "./support/random.mjs";
import { SessionLog } from "./support/session_log.mjs";
import { anthropicStream } from "./support/wire.mjs";

const PARAGRAPHS = 800;
const model = "claude-sonnet-4-5-20250929";

let home, explorer, browser, answer, word;
before(async () => {
  home = makeHome();
  const text = Array.from({ length: PARAGRAPHS }, (_, at) => `Paragraph ${at} of **many**, each of which says as much as the others do: \`nothing\`.`).join("\n\n");
  answer = writeSession(1, "Say much.", [text, ...Array.from({ length: 60 }, (_, turn) => `Answer ${turn + 1}.`)]);
  word = writeSession(2, `A word: ${"A".repeat(70_000)}`, ["It is long."]);
  await run(home, "reindex");
  [explorer, browser] = [await startExplorer(home), await launchBrowser()];
});
after(async () => {
  await browser?.close();
  await explorer?.stop();
  home?.remove();
});

/** A session of yesterday, since one that goes on is read from its end; its id. */
function writeSession(seed, question, answers) {
  const at = new Date(Date.now() - 86_400_000);
  const log = new SessionLog({ provider: "anthropic", upstream: "api.anthropic.com", at, random: random(seed) });
  const messages = [{ role: "user", content: question }];
  for (const [turn, text] of answers.entries()) {
    const answer = anthropicStream({ id: `msg_${turn}`, model, blocks: [{ type: "text", text }], usage: { input_tokens: 10, output_tokens: 10 } });
    log.exchange({ at: new Date(at.getTime() + turn * 10_000), path: "/v1/messages", body: { model, max_tokens: 100, stream: true, messages }, answer });
    messages.push({ role: "assistant", content: text }, { role: "user", content: "More." });
  }
  log.write(home.logDir);
  return log.id;
}

async function openSession(context, session, text) {
  const page = await browser.page(explorer, { hash: `#/sessions?session=${session}`, size: SIZES.large });
  page.setDefaultTimeout(10_000);
  context.after(() => page.close());
  const column = page.getByRole("region", { name: "Conversation" });
  await column.getByText(text).waitFor();
  return { page, column };
}

/** Scrolls, and waits until the page has followed. */
const scrollBy = (column, by_px) =>
  column.evaluate(async (scroller, by_px) => {
    const scrolled = new Promise((resolve) => scroller.addEventListener("scroll", resolve, { once: true }));
    scroller.scrollTop += by_px;
    await scrolled;
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  }, by_px);

test("scrolling through a long answer does not read it again", async (context) => {
  const { page, column } = await openSession(context, answer, "Paragraph 0 of");
  await page.evaluate(() => {
    // Each text that is read as Markdown is looked through with it first.
    const matchAll = String.prototype.matchAll;
    window.read = 0;
    String.prototype.matchAll = function (pattern) {
      if (this.startsWith("Paragraph 0 of")) window.read++;
      return matchAll.call(this, pattern);
    };
  });
  for (let step = 0; step < 10; step++) await scrollBy(column, 300);
  await column.getByText("Paragraph 0 of").waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => window.read), 0);
  await column.getByRole("button", { name: /^Show all/ }).click();
  await column.getByText(`Paragraph ${PARAGRAPHS - 1} of`).waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => window.read), 1, "the count counts");
  page.assertQuiet();
});

test("an answer that was shown whole is whole when one comes back to it", async (context) => {
  const { page, column } = await openSession(context, answer, "Paragraph 0 of");
  await column.getByRole("button", { name: /^Show all/ }).click();
  const last = column.getByText(`Paragraph ${PARAGRAPHS - 1} of`);
  await last.waitFor({ state: "attached" });
  await column.evaluate((scroller) => (scroller.scrollTop = scroller.scrollHeight));
  await column.getByText("Answer 60.").waitFor();
  await last.waitFor({ state: "detached" });
  await column.evaluate((scroller) => (scroller.scrollTop = 0));
  await column.getByText("Paragraph 0 of").waitFor();
  await last.waitFor({ state: "attached" });
  assert.equal(await column.getByRole("button", { name: /^Show all/ }).count(), 0);
  page.assertQuiet();
});

test("a word without end is laid out in time", async (context) => {
  const { page, column } = await openSession(context, word, "A word:");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  await column.getByRole("button", { name: /^Show all/ }).click();
  await column.getByRole("button", { name: /^Show all/ }).waitFor({ state: "detached" });
  const height_px = await column.getByText("A word:").evaluate((text) => text.offsetHeight);
  const { metrics } = await devtools.send("Performance.getMetrics");
  const layout_s = metrics.find(({ name }) => name === "LayoutDuration").value;
  assert.ok(height_px > 2000, `${height_px} px`);
  assert.ok(layout_s < 1, `${layout_s} s`);
  page.assertQuiet();
});
