// `npm test`: sets up all that the tests need, then runs every check and every test. The last line
// is `N passed, N failed`; the exit code is 1 when anything failed.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { installNodePackages, installPythonSdks } from "./packages.mjs";
import { ROOT, run, runWatched, step, targetFolder } from "./run.mjs";
import { ensureLinters, ensureSystem, installedRust, wantedRust } from "./system.mjs";

// Set by users for other programs, they would lead the venv's Python to other packages.
delete process.env.PYTHONPATH;
delete process.env.PYTHONHOME;

const failedChecks = [];
const sums = { passed: 0, failed: 0 };

await step("Checking this machine", () => {
  ensureSystem("compiler", "python", "shells", "strace", "desktop", "screen", "chromium");
  ensureLinters();
});
await step("Installing the Node packages", installNodePackages);
const python = await step("Installing the Python SDKs", installPythonSdks);

const program = path.join(targetFolder(), "debug/llm-proxy");
await step("Building the page", () => check("page", "npm", ["run", "--silent", "ui:build"]));
await step("Checking the page", () => check("page's types", "npm", ["run", "--silent", "ui:check"]));
await step("Testing the page's functions", () =>
  count("npm", ["run", "--silent", "ui:test"], { passed: /^\s*Tests\s.*?(\d+) passed/, failed: /^\s*Tests\s.*?(\d+) failed/ }),
);
await step("Checking the format", () => check("format", "cargo", ["fmt", "--all", "--check"]));
await step("Checking with clippy", () => lint("clippy", ["--workspace"]));
// By itself: compilers are silent for long, and tests that are silent hang.
await step("Building the Rust tests", () => check("building the tests", "cargo", ["test", "--locked", "--workspace", "--no-run"]));
const types = digestOfTypes();
await step("Running the Rust tests", () =>
  count("cargo", ["test", "--locked", "--workspace", "--no-fail-fast"], {
    env: { LLM_PROXY_TEST_PYTHON: python, LLM_PROXY_TEST_NODE: process.execPath },
    passed: /^test result: .*?(\d+) passed;/,
    failed: /^test result: .*? (\d+) failed;/,
  }),
);
if (digestOfTypes() !== types) {
  console.log("\n    ui/src/bindings was not what the Rust types say: it is now, and wants to be committed");
  failedChecks.push("bindings");
}
await step("Testing the explorer in Chromium", () =>
  count(process.execPath, ["--test", "--test-reporter=spec", "--test-concurrency=1", ...browserTests()], {
    env: { LLM_PROXY_TEST_BINARY: program },
    passed: /^ℹ pass (\d+)/,
    failed: /^ℹ fail (\d+)/,
  }),
);
await step("Checking the tray application with clippy", () => lint("clippy of the tray application", ["--features", "desktop"]));
await step("Building the tray application", () => check("tray application", "cargo", ["build", "--locked", "--features", "desktop"]));
await step("Testing the tray application", () =>
  count("/usr/bin/python3", ["tests/desktop/run.py", program], {
    env: { LLM_PROXY_TEST_NODE: process.execPath }, passed: /^(\d+) passed, \d+ failed/, failed: /^\d+ passed, (\d+) failed/ }),
);

if (failedChecks.length > 0) console.log(`\nFailed checks: ${failedChecks.join(", ")}`);
const failed = sums.failed + failedChecks.length;
console.log(`\n${sums.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && sums.passed > 0 ? 0 : 1;

function check(name, command, args) {
  if (!run(command, args)) failedChecks.push(name);
}

/** Each Rust release brings new lints: only those of the release that we build for are binding. */
function lint(name, features) {
  const isOurRust = installedRust().join(".") === wantedRust().join(".");
  const args = ["clippy", "--all-targets", "--locked", ...features];
  check(name, "cargo", isOurRust ? [...args, "--", "-D", "warnings"] : args);
}

/** Runs tests and adds up what their runner says, in lines that hold one number each. */
async function count(command, args, { env = {}, passed, failed }) {
  const before = { ...sums };
  const succeeded = await runWatched(command, args, { env: { ...process.env, ...env } }, (line) => {
    // Some runners colour their words wherever they run.
    const plain = line.replace(/\u001b\[[0-9;]*m/g, "");
    sums.passed += Number(plain.match(passed)?.[1] ?? 0);
    sums.failed += Number(plain.match(failed)?.[1] ?? 0);
  });
  // What does not compile, hangs or dies prints no number.
  if (sums.passed === before.passed || (!succeeded && sums.failed === before.failed)) failedChecks.push(args.join(" "));
}

function browserTests() {
  const folder = path.join(ROOT, "tests/ui");
  return readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).map((name) => path.join(folder, name));
}

/** The Rust tests write the types that the page is compiled against. */
function digestOfTypes() {
  const folder = path.join(ROOT, "ui/src/bindings");
  const hash = createHash("sha256");
  readdirSync(folder).sort().forEach((name) => hash.update(`${name}\0`).update(readFileSync(path.join(folder, name))));
  return hash.digest("hex");
}
