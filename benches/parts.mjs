// The parts of the benchmark: each starts whom it needs, measures, ends them, and answers with rows of the table.

import { readFileSync } from "node:fs";
import path from "node:path";

import { mustRun } from "../scripts/run.mjs";
import { PINNED, Parties, REALTIME, ALL_DESCRIPTORS } from "./parties.mjs";
import { STORE_PARTS } from "./store.mjs";
import { exactness, ratioRows } from "./targets.mjs";

const EVERYBODY = ["direct", "nginx", "floor-hyper", "floor-log", "llm-proxy"];

export const PARTS = {
  latency: {
    what: "Measuring latencies",
    measure: (setting) => ratios(setting, REALTIME, [...EVERYBODY, "llm-proxy-shm"], ["seq-2k", "lat-2k", "lat-2m", "lat-resp1m"]),
  },
  streams: {
    what: "Measuring streams",
    measure: (setting) => ratios(setting, REALTIME, EVERYBODY, ["sse-1", "sse-10", "sse-50", "sse-200"]),
  },
  rates: {
    what: "Measuring rates",
    measure: (setting) => ratios(setting, PINNED, EVERYBODY, ["sse-burst-1", "sse-burst-8", "tput-32", "tput-200k", "tput-2m"]),
  },
  ...STORE_PARTS,
};

async function ratios(setting, sharing, names, scenarios) {
  const run = await load(setting, sharing, names, scenarios);
  return [...ratioRows([run]), { ...exactness([run]), what: `bytes exact both ways: ${scenarios.join(", ")}` }];
}

/** Runs scenarios round after round, the parties taking turns. */
async function load(setting, sharing, names, scenarios) {
  const parties = new Parties(setting.programs, sharing);
  try {
    await parties.start(names);
    const results = path.join(parties.running.direct.home, "results.json");
    const program = path.join(setting.programs, "llm-proxy-load");
    const [first, ...rest] = [...ALL_DESCRIPTORS, ...sharing.client, program, "run", ...parties.targets()];
    const how = ["--scenario", scenarios.join(","), "--rounds", setting.rounds, "--scale", setting.scale, "--versus", "nginx", "--json", results];
    mustRun(first, [...rest, ...how.map(String)]);
    return JSON.parse(readFileSync(results, "utf8"));
  } finally {
    await parties.stop();
  }
}
