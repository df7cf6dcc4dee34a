// `npm run figures`: measures what the README says of the tray application, with a release build, on this machine.
// Nothing else should run meanwhile.

import path from "node:path";

import { installNodePackages } from "./packages.mjs";
import { mustRun, step, targetFolder } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

await step("Checking this machine", () => ensureSystem("compiler", "desktop", "screen", "chromium"));
await step("Installing the Node packages", installNodePackages);
await step("Building", () => {
  mustRun("npm", ["run", "--silent", "ui:build"]);
  mustRun("cargo", ["build", "--release", "--locked", "--features", "desktop"]);
});
const program = path.join(targetFolder(), "release/llm-proxy");
await step("Measuring the tray application", () => mustRun("/usr/bin/python3", ["tests/desktop/figures.py", program]));
await step("Measuring the explorer", () =>
  mustRun(process.execPath, ["tests/ui/first_paint.mjs"], { env: { ...process.env, LLM_PROXY_TEST_BINARY: program } }),
);
