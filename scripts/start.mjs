// `npm start`: installs what is missing, builds llm-proxy and runs it. What follows `--` goes to it:
// `npm start -- --port 0`.

import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";

import { ROOT, mustRun, output, step } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

await step("Checking this machine", () => ensureSystem("compiler"));
await step("Building llm-proxy (the first time takes some minutes)", () =>
  mustRun("cargo", ["build", "--release", "--locked"]),
);
serve(process.argv.slice(2));

function serve(args) {
  const program = path.join(targetFolder(), "release", process.platform === "win32" ? "llm-proxy.exe" : "llm-proxy");
  console.log(`\n==> Running llm-proxy serve ${args.join(" ")}`);
  const child = spawn(program, ["serve", ...args], { cwd: ROOT, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forward(child, signal));
  child.on("error", (error) => {
    console.error(`${program}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + os.constants.signals[signal];
  });
}

/** A terminal sends its Ctrl-C to the child as well: a second one could mean "at once". */
function forward(child, signal) {
  if (signal === "SIGINT" && process.stdin.isTTY) return;
  child.kill(signal);
}

/** Where cargo builds, whatever CARGO_TARGET_DIR and the user's cargo settings say. */
function targetFolder() {
  const metadata = output("cargo", ["metadata", "--no-deps", "--format-version", "1", "--locked"]);
  return JSON.parse(metadata).target_directory;
}
