// The session files of a proxy that runs: what is new in them, and whether they hold all that it forwarded.

import { closeSync, existsSync, openSync, readSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const READ_BYTES = 4 << 20;
const LOOK_MS = 100;
/** The recorder may be behind by what the journal holds: a gigabyte at most, of which it writes a hundred megabytes a second. */
const PATIENCE_MS = 120_000;

export const isResponse = (line) => line.endsWith('"type":"response"}');

/** Reads what is new in the session files. */
export class Log {
  #read = new Map();

  /** `home` is that of the proxy. */
  constructor(home) {
    this.folder = path.join(home, ".llm-provider-logs");
  }

  /** Calls `seen` with every line that came since the last look. */
  look(seen) {
    if (!existsSync(this.folder)) return;
    const files = readdirSync(this.folder, { recursive: true }).filter((name) => name.endsWith(".jsonl"));
    files.forEach((name) => this.#follow(path.join(this.folder, name), seen));
  }

  #follow(file, seen) {
    const known = this.#read.get(file) ?? { at: 0, rest: "" };
    const descriptor = openSync(file, "r");
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let read = readSync(descriptor, buffer, 0, buffer.length, known.at); read > 0; read = readSync(descriptor, buffer, 0, buffer.length, known.at)) {
      known.at += read;
      const lines = (known.rest + buffer.latin1Slice(0, read)).split("\n");
      known.rest = lines.pop();
      lines.forEach(seen);
    }
    closeSync(descriptor);
    this.#read.set(file, known);
  }
}

/**
 * Waits until the log has `requests` answers, and tells in how many exchanges a body could not be captured: a `gap` in one
 * of its lines, or in both. The load generator's warm-up is in the log too, and not in its count.
 */
export async function wholeInLog(home, requests) {
  const log = new Log(home);
  const began = Date.now();
  const gaps = new Set();
  let answers = 0;
  const look = () =>
    log.look((line) => {
      if (isResponse(line)) answers += 1;
      // Within a body the quotation marks would be escaped.
      if (line.includes('"gap":[')) gaps.add(line.match(/"request_id":"([^"]+)"/)[1]);
    });
  for (look(); answers < requests && Date.now() - began < PATIENCE_MS; look()) await sleep(LOOK_MS);
  return { answers, gaps: gaps.size, seconds: (Date.now() - began) / 1000 };
}
