// The hostile set for browsers that are not driven from Node: `node hostile_set.mjs FOLDER` writes the log folder, says
// in one line of JSON where to walk, what to find and what to try as a control, and when its input ends, who asked the
// canary for what.

import process from "node:process";

import { startCanary } from "./canary.mjs";
import { BLANK, controlTexts, takeForMarkup } from "./hostile_control.mjs";
import { watchPage } from "./hostile_page.mjs";
import { marksOf, SINKS, writeHostileStore } from "./hostile_store.mjs";
import { HOME_OF, hostilePlaces } from "./hostile_walk.mjs";
import { PAYLOADS } from "./payloads.mjs";

const canary = await startCanary(BLANK);
const sessions = writeHostileStore(process.argv[2], canary.origin);
const renderings = [...PAYLOADS.keys()].flatMap((index) =>
  Object.keys(SINKS).map((sink) => ({ payload: index, sink, as: HOME_OF[sink], marks: marksOf(index, sink) })),
);
const described = {
  watch: `(${watchPage})()`,
  places: hostilePlaces(sessions, canary.origin),
  renderings,
  control: { page: `${canary.origin}/page`, texts: controlTexts(canary.origin), take: `(${takeForMarkup})` },
  sessions: sessions.short.length + sessions.rich.length,
};
console.log(JSON.stringify(described));
process.stdin.resume();
process.stdin.on("end", async () => {
  console.log(JSON.stringify(canary.asked));
  await canary.stop();
});
