// How far the log is behind the traffic, and the index behind the log.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { output } from "../scripts/run.mjs";
import { command } from "./load.mjs";
import { Log, isResponse } from "./log.mjs";
import { FREE, Parties } from "./parties.mjs";
import { limitRow } from "./targets.mjs";

const LOOK_MS = 10;
const PATIENCE_MS = 60_000;

export async function lags(setting) {
  const parties = new Parties(setting.programs, FREE);
  try {
    await parties.start(["llm-proxy"]);
    const log = await underLoad(setting, parties, "log-lag");
    const rows = [limitRow("log behind the traffic, 1,000 requests/s, p99", log.p99Ms, 100, "ms", `${log.lines} responses, most ${log.mostMs} ms`)];
    const index = await underLoad(setting, parties, "index-lag");
    const note = `${index.lines} requests of 200 KB; the log: p99 ${index.p99Ms} ms`;
    return [...rows, limitRow("index behind the log, 500 requests of 200 KB/s", index.indexMs, 2000, "ms", note)];
  } finally {
    await parties.stop();
  }
}

/** Follows the log while a scenario runs: how old each response's line is when it is seen. */
async function underLoad(setting, parties, scenario) {
  const one = { ...setting, rounds: 1 };
  delete parties.running.direct.url;
  const { line } = command(one, FREE, onlyOurs(parties), [scenario]);
  const home = parties.running["llm-proxy"].home;
  const log = new Log(home);
  let total = 0;
  let ages = [];
  const look = () =>
    log.look((line) => {
      if (!isResponse(line)) return;
      total += 1;
      ages.push(Date.now() - Date.parse(line.match(/"ts":"([^"]+)"/)[1]));
    });
  look();
  ages = [];
  const load = spawn(line[0], line.slice(1), { stdio: "ignore" });
  const over = once(load, "exit").then(() => true);
  while (!(await Promise.race([over, sleep(LOOK_MS)]))) look();
  const lines = ages.length;
  const lastSeen = Date.now();
  while (indexed(setting, home) < total && Date.now() - lastSeen < PATIENCE_MS) {
    await sleep(LOOK_MS);
    look();
  }
  ages.sort((a, b) => a - b);
  const quantile = (q) => Math.round(ages[Math.min(ages.length - 1, Math.floor(ages.length * q))]);
  return { lines, p99Ms: quantile(0.99), mostMs: quantile(1), indexMs: Date.now() - lastSeen };
}

/** The load generator measures direct first where it is named: here nobody asks what that costs. */
function onlyOurs(parties) {
  const { direct, "llm-proxy": ours } = parties.running;
  return { running: { direct }, targets: () => ["--target", `llm-proxy=${ours.url}`] };
}

function indexed(setting, home) {
  const status = output(path.join(setting.programs, "llm-proxy"), ["status", "--json"], { env: { PATH: process.env.PATH, HOME: home } });
  return status === null ? 0 : JSON.parse(status).today.requests;
}
