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
  storeGb: options["store-gb"] === undefined ? undefined : Number(options["store-gb"]),
};
const rows = [];
for (const name of chosen) {
  const part = PARTS[name];
  rows.push(...(await step(part.what, () => part.measure(setting))));
}
console.log(`\n${markdown(rows)}`);
if (options.write) writeReport(rows, setting);
if (rows.some((row) => row.met === false)) process.exitCode = 1;
