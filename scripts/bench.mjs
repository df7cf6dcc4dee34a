// `npm run bench`: what the proxy costs beside nginx, bare floors and going direct, on this machine, and whether the
// targets hold. `-- --quick` takes a tenth of the time and says less surely; `-- --only latency,memory` takes some
// parts; `-- --store-gb 10` has things found in a log of that size; `-- --write` puts the table into
// docs/PERFORMANCE.md. Nothing else should run meanwhile.

import path from "node:path";
import { parseArgs } from "node:util";

import { PARTS } from "../benches/parts.mjs";
import { writeReport } from "../benches/report.mjs";
import { markdown } from "../benches/targets.mjs";
import { fail, mustRun, step, targetFolder } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean" }, only: { type: "string" }, write: { type: "boolean" }, rounds: { type: "string" }, "store-gb": { type: "string" } },
});
const chosen = options.only?.split(",") ?? Object.keys(PARTS);
const unknown = chosen.filter((name) => !(name in PARTS));
if (unknown.length > 0) fail(`There is no part ${unknown.join(", ")}: ${Object.keys(PARTS).join(", ")}`);

await step("Checking this machine", () => ensureSystem("compiler", "nginx"));
await step("Building", () => {
  mustRun("cargo", ["build", "--release", "--locked"]);
  mustRun("cargo", ["build", "--release", "--locked", "-p", "llm-proxy-load", "-p", "llm-proxy-store"]);
});
const setting = {
  programs: path.join(targetFolder(), "release"),
  rounds: Number(options.rounds ?? (options.quick ? 1 : 5)),
  scale: options.quick ? 0.3 : 1,
  quick: options.quick ?? false,
  write: options.write ?? false,
  storeGb: options["store-gb"] === undefined ? undefined : Number(options["store-gb"]),
};
const measured = {};
for (const name of chosen) {
  measured[name] = await step(PARTS[name].what, () => PARTS[name].measure(setting));
  // At once: an hour's work is not lost with its last part.
  if (setting.write) writeReport({ [name]: measured[name] }, setting);
}
const rows = Object.values(measured).flat();
console.log(`\n${markdown(rows)}`);
const missed = rows.filter((row) => row.met === false).length;
console.log(`${rows.length - missed} of ${rows.length} as wanted`);
