// Writes what was measured into docs/PERFORMANCE.md: part by part, between its marks, with date, commit and machine.

import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { ROOT, output } from "../scripts/run.mjs";
import { markdown } from "./targets.mjs";

const REPORT = path.join(ROOT, "docs/PERFORMANCE.md");

export function writeReport(parts, setting) {
  let text = readFileSync(REPORT, "utf8");
  for (const [name, rows] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/PERFORMANCE.md has no place for ${name}: ${start} … ${end}`);
    text = `${text.slice(0, from)}${start}\n${provenance(setting)}\n\n${markdown(rows)}${text.slice(to)}`;
  }
  writeFileSync(REPORT, text);
}

function provenance({ rounds, quick }) {
  const commit = output("git", ["rev-parse", "--short", "HEAD"]) ?? "no commit";
  const changed = output("git", ["status", "--porcelain", "--", "src-tauri", "Cargo.lock"]) ? ", changed" : "";
  const machine = `${os.cpus().length} × ${os.cpus()[0].model.trim()}, Linux ${os.release()}`;
  const day = new Date().toISOString().slice(0, 10);
  return `*${day}, commit ${commit}${changed}; ${machine}; ${rounds} ${rounds === 1 ? "round" : "rounds"}${quick ? ", quick" : ""}.*`;
}
