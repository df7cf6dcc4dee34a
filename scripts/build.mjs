// `npm run build`: makes the packages, a .deb and an .rpm, with the page built in. Nothing is installed but what
// building needs. What follows `--` goes to the bundler: `npm run build -- --debug`.

import { installNodePackages } from "./packages.mjs";
import { mustRun, step } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

await step("Checking this machine", () => ensureSystem("compiler", "desktop"));
await step("Installing the Node packages", installNodePackages);
await step("Building the packages (the first time takes some minutes)", () =>
  mustRun("npx", ["--no-install", "tauri", "build", "--bundles", "deb,rpm", ...process.argv.slice(2), "--", "--locked"], {
    shell: process.platform === "win32",
  }),
);
