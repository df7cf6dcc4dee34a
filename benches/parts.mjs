// The parts of the benchmark: each starts whom it needs, measures, ends them, and answers with rows of the table.

import { growth } from "./growth_traffic.mjs";
import { lags } from "./lags.mjs";
import { run } from "./load.mjs";
import { memory } from "./memory.mjs";
import { PINNED, REALTIME } from "./parties.mjs";
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
  memory: { what: "Measuring memory", measure: memory },
  lags: { what: "Measuring how far log and index are behind", measure: lags },
  growth: { what: "Measuring how cost grows with size and streams", measure: growth },
  ...STORE_PARTS,
};

async function ratios(setting, sharing, names, scenarios) {
  const result = await run(setting, sharing, names, scenarios);
  return [...ratioRows([result]), { ...exactness([result]), what: `bytes exact both ways: ${scenarios.join(", ")}` }];
}
