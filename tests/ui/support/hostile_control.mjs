// The control of the hostile walk: a page that takes text for markup, and has no policy. A watch that does not find
// that out would find nothing.

import { loaded, PAYLOADS } from "./payloads.mjs";

/** The page, as `startCanary` takes it. */
export const BLANK = { "/page": "<!doctype html><title>x</title><body></body>" };

const KINDS = ["script", "handler", "drawing", "document"];

/** What is said to that page: every third payload of the kinds that most pages fall for. */
export function controlTexts(canary) {
  const tried = PAYLOADS.filter(({ category }, index) => KINDS.includes(category) && index % 3 === 0);
  return tried.map((payload) => loaded(payload, "zq000x", canary));
}

/** Runs in the page, which is watched: takes `text` for markup, and tells what came of it. */
export async function takeForMarkup(text) {
  document.body.append(document.createRange().createContextualFragment(text));
  await window.__walk.visit({ as: "page", hash: "#x" });
  const { scripts, forbidden } = window.__walk.report();
  return { scripts, forbidden: forbidden.length };
}
