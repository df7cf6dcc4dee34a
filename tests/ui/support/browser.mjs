// Chromium, and a page in it that remembers whatever should not happen.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

const EXECUTABLE = process.env.LLM_PROXY_TEST_CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
  // Nothing but loopback: a name is never looked up.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** The sizes that the explorer is made for: its smallest window, and a full screen. */
export const SIZES = { small: { width: 900, height: 560 }, large: { width: 1920, height: 1080 } };

/** Starts a browser of its own. `page` opens the explorer in it; `close` ends it and removes its profile. */
export async function launchBrowser({ scale = 1 } = {}) {
  const profile = mkdtempSync(path.join(os.tmpdir(), "llm-proxy-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE, headless: true, args: ARGS, viewport: SIZES.large, deviceScaleFactor: scale, reducedMotion: "reduce",
  });
  return {
    context,
    page: (explorer, options) => openPage(context, explorer, options),
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/**
 * A page on the explorer, at `hash`. `problems` collects errors, violations of the policy and requests to anybody
 * else; `page.assertQuiet()` fails when there are any.
 */
async function openPage(context, explorer, { hash = "#/sessions", theme = "light", size = SIZES.large, before } = {}) {
  const page = await context.newPage();
  page.problems = [];
  page.calls = [];
  watch(page, explorer.origin);
  await page.addInitScript(listenForViolations);
  if (before) await page.addInitScript(before);
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: theme });
  await page.goto(explorer.link);
  await page.waitForURL(`${explorer.origin}/`);
  await go(page, hash);
  page.assertQuiet = () => assert.deepEqual(page.problems, []);
  return page;
}

/** Goes to a place in the page as a link would. */
export async function go(page, hash) {
  await page.evaluate((to) => void (location.hash = to), hash);
}

function watch(page, origin) {
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") page.problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.problems.push(`error: ${error.message}`));
  page.on("crash", () => page.problems.push("the page crashed"));
  page.on("dialog", (dialog) => {
    page.problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => page.problems.push(`a window was opened: ${popup.url()}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin === origin && url.pathname === "/call") page.calls.push(request.postDataJSON());
    if (url.origin !== origin && !["data:", "blob:"].includes(url.protocol)) page.problems.push(`request: ${request.url()}`);
  });
}

/** Runs in the page, before anything of it. */
function listenForViolations() {
  window.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
}
