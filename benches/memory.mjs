// How much memory the proxy takes: at rest, with many streams, with large bodies.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { FREE, Parties } from "./parties.mjs";
import { run } from "./load.mjs";
import { limitRow } from "./targets.mjs";

const MIB = "MiB";

export async function memory(setting) {
  return [
    limitRow("memory: at rest", await idle(setting), 20, MIB),
    limitRow("memory: 200 streams", await peak(setting, "sse-200"), 35, MIB),
    limitRow("memory: 2 MB requests, as fast as they go", await peak(setting, "tput-2m"), 100, MIB),
    limitRow("memory: growth over an answer of 1 GiB", await growth(setting, "answer-1g"), 8, MIB),
  ];
}

async function idle(setting) {
  const parties = new Parties(setting.programs, FREE);
  try {
    await parties.start(["llm-proxy"]);
    await sleep(2000);
    return residentMib(parties.running["llm-proxy"].pid);
  } finally {
    await parties.stop();
  }
}

async function peak(setting, scenario) {
  const { rounds } = await run({ ...setting, rounds: 1 }, FREE, ["direct", "llm-proxy"], [scenario]);
  return rounds.find((row) => row.target === "llm-proxy").rss_peak_mib;
}

/** Over what was resident before, after the first answers: buffers that are made once do not count. */
async function growth(setting, scenario) {
  const parties = new Parties(setting.programs, FREE);
  try {
    await parties.start(["llm-proxy"]);
    await run({ ...setting, rounds: 1, scale: 0.1 }, FREE, parties, ["seq-2k"]);
    const before = residentMib(parties.running["llm-proxy"].pid);
    const { rounds } = await run({ ...setting, rounds: 1 }, FREE, parties, [scenario]);
    return rounds.find((row) => row.target === "llm-proxy").rss_peak_mib - before;
  } finally {
    await parties.stop();
  }
}

function residentMib(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+)/m)[1]) / 1024;
}
