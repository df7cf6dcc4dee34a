// What must be on the machine before anything can be built, and how it gets there: system packages
// are installed when we may, and otherwise the one line that does it is printed.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { ROOT, fail, mustRun, output } from "./run.mjs";

const RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default";

// The oldest Python that the pins in tests/clients/requirements.txt are complete for.
const OLDEST_PYTHON = [3, 11];

const NEEDS = {
  compiler: {
    what: "a C compiler with headers (links Rust programs, compiles SQLite and zstd)",
    packages: ["build-essential"],
    isThere: canCompile,
  },
  python: {
    what: `Python ${OLDEST_PYTHON.join(".")} or later with venv (runs the Python SDKs in the tests)`,
    packages: ["python3", "python3-venv"],
    isThere: () => findPython() !== null,
  },
  strace: {
    what: "strace (makes a disk slow and counts calls, in tests)",
    packages: ["strace"],
    isThere: () => output("strace", ["-V"]) !== null,
  },
  desktop: {
    what: "WebKitGTK and AppIndicator with headers (the window and the tray)",
    packages: ["pkg-config", "libwebkit2gtk-4.1-dev", "libayatana-appindicator3-dev"],
    isThere: () => process.platform !== "linux" || hasLibraries("webkit2gtk-4.1", "ayatana-appindicator3-0.1"),
  },
  screen: {
    what: "a virtual screen, a session bus, WebKit's driver and what clicks (the tests use the tray and the window)",
    packages: ["xvfb", "xauth", "dbus-x11", "webkit2gtk-driver", "xdotool", "xclip", "imagemagick", "python3-dbus", "python3-gi"],
    isThere: () => hasCommands("xvfb-run", "dbus-run-session", "WebKitWebDriver", "xdotool", "xclip") && canUseTheBus(),
  },
  chromium: {
    what: "Chromium (the tests use the explorer in it)",
    packages: ["chromium"],
    isThere: () => hasCommands("chromium"),
  },
  nginx: {
    what: "nginx (what the benchmark compares with)",
    packages: ["nginx-light"],
    isThere: () => hasCommands("nginx", "chrt", "taskset"),
  },
  shells: {
    what: "bash, zsh and fish (the tests set them up)",
    packages: ["bash", "zsh", "fish"],
    isThere: () => ["bash", "zsh", "fish"].every((shell) => output(shell, ["--version"]) !== null),
  },
};

/** Makes sure of the named needs; ends the script with what to do where it cannot. */
export function ensureSystem(...names) {
  checkNode();
  const missing = names.map((name) => NEEDS[name]).filter((need) => !need.isThere());
  if (missing.length > 0) install(missing);
  ensureRust();
}

/** A Python that is new enough and can make virtual environments, as a command; null if there is none. */
export function findPython() {
  const minors = Array.from({ length: 9 }, (_, index) => `python3.${OLDEST_PYTHON[1] + index}`);
  const probe = "import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1])";
  const isFit = (command) => {
    const version = output(command, ["-c", probe])?.split(" ").map(Number);
    return version !== undefined && isAtLeast(version, OLDEST_PYTHON);
  };
  return ["python3", ...minors, "python"].find(isFit) ?? null;
}

/** `[major, minor]` of the Rust that Cargo.toml asks for. */
export function wantedRust() {
  const manifest = readFileSync(path.join(ROOT, "Cargo.toml"), "utf8");
  return versionIn(manifest.match(/^rust-version = "(.*)"$/m)[1]);
}

/** `[major, minor]` of the Rust that is installed; null when there is none. */
export function installedRust() {
  const version = output("cargo", ["--version"]);
  return version === null ? null : versionIn(version);
}

/** Makes sure that cargo's formatter and linter are there, which minimal installations lack. */
export function ensureLinters() {
  const missing = ["fmt", "clippy"].filter((command) => output("cargo", [command, "--version"]) === null);
  if (missing.length === 0) return;
  const components = ["rustfmt", "clippy"];
  if (output("rustup", ["--version"]) === null) {
    fail(`cargo has no ${missing.join(" and no ")}. Install ${components.join(" and ")} the way Rust was installed.`);
  }
  mustRun("rustup", ["component", "add", ...components]);
}

function checkNode() {
  const wanted = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).engines.node;
  if (!isAtLeast(versionIn(process.versions.node), versionIn(`${wanted}.0`))) {
    fail(`Node ${wanted} is needed; this is ${process.versions.node}. See https://nodejs.org/en/download`);
  }
}

function ensureRust() {
  // rustup's folder is on the PATH of new shells only.
  const cargoBin = path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo"), "bin");
  if (installedRust() === null && existsSync(path.join(cargoBin, "cargo"))) {
    process.env.PATH = `${cargoBin}${path.delimiter}${process.env.PATH}`;
  }
  const [wanted, installed] = [wantedRust(), installedRust()];
  if (installed === null) fail(`Rust ${wanted.join(".")} or later is needed. This installs it:\n  ${RUSTUP}`);
  if (!isAtLeast(installed, wanted)) {
    const update = output("rustup", ["--version"]) === null ? RUSTUP : "rustup update stable";
    fail(`Rust ${wanted.join(".")} or later is needed; this is ${installed.join(".")}. This updates it:\n  ${update}`);
  }
}

function install(missing) {
  console.log("Missing on this machine:");
  missing.forEach((need) => console.log(`  - ${need.what}`));
  const packages = missing.flatMap((need) => need.packages);
  const installLine = ["install", "-y", "--no-install-recommends", ...packages];
  if (output("apt-get", ["--version"]) === null) {
    fail("Please install it the way your system does (on Debian: " + packages.join(" ") + "), then try again.");
  }
  if (process.getuid?.() !== 0) {
    fail(`This installs it:\n  sudo apt-get update && sudo apt-get ${installLine.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  mustRun("apt-get", ["update"], { env });
  mustRun("apt-get", installLine, { env });
  const still = missing.filter((need) => !need.isThere());
  if (still.length > 0) fail(`Still missing: ${still.map((need) => need.what).join("; ")}`);
}

function hasCommands(...commands) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return commands.every((command) => folders.some((folder) => existsSync(path.join(folder, command))));
}

function hasLibraries(...libraries) {
  return output("pkg-config", ["--exists", ...libraries]) !== null;
}

/** The system's own Python: Debian's bindings are for no other. */
function canUseTheBus() {
  return output("/usr/bin/python3", ["-c", "import dbus, gi"]) !== null && existsSync("/usr/bin/import");
}

function canCompile() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "llm-proxy-cc-"));
  const program = "#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n";
  const compiled = output("cc", ["-x", "c", "-", "-o", path.join(folder, "program")], { input: program });
  rmSync(folder, { recursive: true });
  return compiled !== null;
}

function versionIn(text) {
  return text.match(/(\d+)\.(\d+)/).slice(1, 3).map(Number);
}

function isAtLeast([major, minor], [leastMajor, leastMinor]) {
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
