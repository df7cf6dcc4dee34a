// `npm test`: sets up all that the tests need, then runs every check and every test. The last line
// is `N passed, N failed`; the exit code is 1 when anything failed.

import { run, runWatched, step } from "./run.mjs";
import { installNodePackages, installPythonSdks } from "./packages.mjs";
import { ensureLinters, ensureSystem, installedRust, wantedRust } from "./system.mjs";

// Set by users for other programs, they would lead the venv's Python to other packages.
delete process.env.PYTHONPATH;
delete process.env.PYTHONHOME;

await step("Checking this machine", () => {
  ensureSystem("compiler", "python", "shells", "strace");
  ensureLinters();
});
await step("Installing the Node packages", installNodePackages);
const python = await step("Installing the Python SDKs", installPythonSdks);

const failedChecks = [];
await step("Checking the format", () => check("format", ["fmt", "--check"]));
await step("Checking with clippy", lint);
const tests = await step("Running the tests", runTests);

if (failedChecks.length > 0) console.log(`\nFailed checks: ${failedChecks.join(", ")}`);
const failed = tests.failed + failedChecks.length;
console.log(`\n${tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && tests.passed > 0 ? 0 : 1;

function check(name, args) {
  if (!run("cargo", args)) failedChecks.push(name);
}

/** Each Rust release brings new lints: only those of the release that we build for are binding. */
function lint() {
  const isOurRust = installedRust().join(".") === wantedRust().join(".");
  const args = ["clippy", "--all-targets", "--locked"];
  check("clippy", isOurRust ? [...args, "--", "-D", "warnings"] : args);
}

async function runTests() {
  const sums = { passed: 0, failed: 0 };
  const env = { ...process.env, LLM_PROXY_TEST_PYTHON: python, LLM_PROXY_TEST_NODE: process.execPath };
  const succeeded = await runWatched("cargo", ["test", "--locked", "--no-fail-fast"], { env }, (line) => {
    const result = line.match(/^test result: .*?(\d+) passed; (\d+) failed;/);
    sums.passed += Number(result?.[1] ?? 0);
    sums.failed += Number(result?.[2] ?? 0);
  });
  // What does not compile, or dies, prints no result.
  if (!succeeded && sums.failed === 0) failedChecks.push("cargo test");
  return sums;
}
