// Runs commands and tells what is being done, step by step.

import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Ends the script with a message and exit code 1. */
export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** Says what happens, does it, and says how long it took. */
export async function step(what, action) {
  console.log(`\n==> ${what}`);
  const startedMs = performance.now();
  const result = await action();
  console.log(`    (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  return result;
}

/** Runs a command with our terminal; tells whether it succeeded. */
export function run(command, args, options = {}) {
  console.log(`    $ ${[command, ...args].join(" ")}`);
  const result = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", ...options });
  if (result.error) console.error(`    ${command}: ${result.error.message}`);
  return result.status === 0;
}

/** Runs a command whose success all that follows depends on. */
export function mustRun(command, args, options = {}) {
  if (!run(command, args, options)) fail(`'${[command, ...args].join(" ")}' failed: see its output above.`);
}

/** What a command prints, or null when it cannot be run or fails. */
export function output(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"], ...options });
  return result.status === 0 ? result.stdout.trim() : null;
}

/**
 * Runs a command, passes its output on and hands every line to `onLine`; resolves to its success. A command
 * that prints nothing for `silenceMs` hangs: it is killed with all that it started, and has failed.
 */
export function runWatched(command, args, { silenceMs = 15 * 60_000, ...options }, onLine) {
  console.log(`    $ ${[command, ...args].join(" ")}`);
  return new Promise((resolve) => {
    const stdio = ["ignore", "pipe", "inherit"];
    const child = spawn(command, args, { cwd: ROOT, stdio, detached: true, ...options });
    const stopAll = () => killGroup(child);
    const clock = setTimeout(() => {
      console.error(`\n    ${command} printed nothing for ${silenceMs / 60_000} minutes, and was stopped`);
      stopAll();
    }, silenceMs);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, stopAll);
    let unfinished = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text) => {
      clock.refresh();
      process.stdout.write(text);
      const lines = (unfinished + text).split("\n");
      unfinished = lines.pop();
      lines.forEach(onLine);
    });
    child.on("error", (error) => {
      console.error(`    ${command}: ${error.message}`);
      resolve(false);
    });
    child.on("close", (code) => {
      clearTimeout(clock);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(signal, stopAll);
      if (unfinished) onLine(unfinished);
      resolve(code === 0);
    });
  });
}

/** Ends a child and all that it started, which a signal to it alone would leave behind. */
function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

/** Where cargo builds, whatever CARGO_TARGET_DIR and the user's cargo settings say. */
export function targetFolder() {
  const metadata = output("cargo", ["metadata", "--no-deps", "--format-version", "1", "--locked"]);
  return JSON.parse(metadata).target_directory;
}
