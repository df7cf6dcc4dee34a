// The parts of the benchmark: each starts whom it needs, measures, ends them, and answers with rows of the table.

import { growth } from "./growth_traffic.mjs";
import { lags } from "./lags.mjs";
import { run } from "./load.mjs";
import { wholeInLog } from "./log.mjs";
import { memory } from "./memory.mjs";
import { PINNED, Parties, REALTIME } from "./parties.mjs";
import { STORE_PARTS } from "./store.mjs";
import { completenessRow, exactness, ratioRows } from "./targets.mjs";

const EVERYBODY = ["direct", "nginx", "floor-hyper", "floor-log", "llm-proxy"];
/** What an index costs is a matter of rates: it follows the answers. */
const AND_AN_INDEX = [...EVERYBODY, "floor-index"];

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
    measure: rates,
  },
  memory: { what: "Measuring memory", measure: memory },
  lags: { what: "Measuring how far log and index are behind", measure: lags },
  growth: { what: "Measuring how cost grows with size and streams", measure: growth },
  ...STORE_PARTS,
};

async function ratios(setting, sharing, names, scenarios) {
  return table(await run(setting, sharing, names, scenarios), scenarios);
}

function table(result, scenarios) {
  return [...ratioRows([result]), { ...exactness([result]), what: `bytes exact both ways: ${scenarios.join(", ")}` }];
}

/** A rate says something only of a proxy that logged all of it: that is looked up when the load is over. */
async function rates(setting) {
  const scenarios = ["sse-burst-1", "sse-burst-8", "tput-32", "tput-200k", "tput-2m"];
  const parties = new Parties(setting.programs, PINNED);
  try {
    await parties.start(AND_AN_INDEX);
    const result = await run(setting, PINNED, parties, scenarios);
    const requests = result.rounds.filter((row) => row.target === "llm-proxy").reduce((sum, row) => sum + row.requests, 0);
    return [...table(result, scenarios), completenessRow(requests, await wholeInLog(parties.running["llm-proxy"].home, requests))];
  } finally {
    await parties.stop();
  }
}
