// What the registries bring: the page's parts, the tests' tools and Node's SDKs in node_modules, Python's SDKs
// in .venv. All are pinned, and installed anew only when a pin or an interpreter changed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { ROOT, mustRun, output } from "./run.mjs";
import { findPython } from "./system.mjs";

const VENV = path.join(ROOT, ".venv");
const REQUIREMENTS = path.join(ROOT, "tests/clients/requirements.txt");

/** Installs what package-lock.json pins. */
export function installNodePackages() {
  const stamp = path.join(ROOT, "node_modules/.installed");
  const pins = digest(readFileSync(path.join(ROOT, "package-lock.json")));
  if (isStamped(stamp, pins)) return console.log("    as package-lock.json pins them: nothing to do");
  // Development dependencies are all there is, whatever NODE_ENV or the user's settings say.
  mustRun("npm", ["ci", "--include=dev"], { shell: process.platform === "win32" });
  writeFileSync(stamp, pins);
}

/** Installs what requirements.txt pins; returns the Python that sees it. */
export function installPythonSdks() {
  const bin = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const python = path.join(VENV, bin);
  const stamp = path.join(VENV, ".installed");
  const base = findPython();
  const pins = digest(readFileSync(REQUIREMENTS), VENV, output(base, ["-c", "import sys; print(sys.executable, sys.version)"]));
  if (isStamped(stamp, pins) && output(python, ["--version"]) !== null) {
    console.log("    as requirements.txt pins them: nothing to do");
    return python;
  }
  rmSync(VENV, { recursive: true, force: true });
  mustRun(base, ["-m", "venv", VENV]);
  mustRun(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
  mustRun(python, ["-m", "pip", "check"]);
  writeFileSync(stamp, pins);
  return python;
}

function isStamped(stamp, pins) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === pins;
}

function digest(...parts) {
  const hash = createHash("sha256");
  parts.forEach((part) => hash.update(part).update("\0"));
  return hash.digest("hex");
}
