// `npm start`: installs what is missing, builds llm-proxy and runs it: the tray application, or, where there is
// no display, the proxy and the explorer for a browser. What follows `--` goes to it: `npm start -- --port 0`.

import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";

import { installNodePackages } from "./packages.mjs";
import { ROOT, mustRun, step, targetFolder } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

const hasDisplay = process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const features = hasDisplay ? ["--features", "desktop"] : [];

await step("Checking this machine", () => ensureSystem("compiler", ...(hasDisplay ? ["desktop"] : [])));
await step("Installing the Node packages", installNodePackages);
await step("Building the page", () => mustRun("npm", ["run", "--silent", "ui:build"], { shell: process.platform === "win32" }));
await step("Building llm-proxy (the first time takes some minutes)", () =>
  mustRun("cargo", ["build", "--release", "--locked", ...features]),
);

const args = process.argv.slice(2);
const folders = args.filter((arg, at) => /^--(log-dir|config)(=|$)/.test(arg) || /^--(log-dir|config)$/.test(args[at - 1] ?? ""));
if (hasDisplay) {
  run(["--window", ...args]);
} else {
  const proxy = run(["serve", ...args]);
  // Beside the proxy, not in it: a page that hangs is none of the proxy's business.
  const explorer = run(["explore", "--no-open", ...folders]);
  proxy.on("exit", () => explorer.kill());
  console.log("\n    There is no display: open the link below in a browser; from another machine, through a");
  console.log("    tunnel (ssh -L 12072:127.0.0.1:12072).\n");
}

/** Runs the program until it ends, or we are told to. The first that fails decides our exit code. */
function run(args) {
  const program = path.join(targetFolder(), "release", process.platform === "win32" ? "llm-proxy.exe" : "llm-proxy");
  console.log(`\n==> Running llm-proxy ${args.join(" ")}`);
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => forward(child, signal));
  child.on("error", (error) => {
    console.error(`${program}: ${error.message}`);
    process.exitCode ||= 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode ||= code ?? 128 + os.constants.signals[signal];
  });
  return child;
}

/** A terminal sends its Ctrl-C to the child as well: a second one could mean "at once". */
function forward(child, signal) {
  if (signal === "SIGINT" && process.stdin.isTTY) return;
  child.kill(signal);
}
