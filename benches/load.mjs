// Runs the load generator against parties, and reads what it found.

import { readFileSync } from "node:fs";
import path from "node:path";

import { mustRun } from "../scripts/run.mjs";
import { ALL_DESCRIPTORS, Parties } from "./parties.mjs";

/** Runs scenarios round after round, the parties taking turns. `parties`: running ones, or the names of whom to start. */
export async function run(setting, sharing, parties, scenarios) {
  if (parties instanceof Parties) return measured(setting, sharing, parties, scenarios);
  const started = new Parties(setting.programs, sharing);
  try {
    await started.start(parties);
    return measured(setting, sharing, started, scenarios);
  } finally {
    await started.stop();
  }
}

/** The command that does so, for whoever watches meanwhile; `results` is the file that it writes. */
export function command(setting, sharing, parties, scenarios) {
  const results = path.join(parties.running.direct.home, "results.json");
  const program = path.join(setting.programs, "llm-proxy-load");
  const how = ["--scenario", scenarios.join(","), "--rounds", setting.rounds, "--scale", setting.scale, "--versus", "nginx", "--json", results];
  return { line: [...ALL_DESCRIPTORS, ...sharing.client, program, "run", ...parties.targets(), ...how.map(String)], results };
}

function measured(setting, sharing, parties, scenarios) {
  const { line, results } = command(setting, sharing, parties, scenarios);
  mustRun(line[0], line.slice(1), { stdio: ["ignore", "ignore", "inherit"] });
  return JSON.parse(readFileSync(results, "utf8"));
}
