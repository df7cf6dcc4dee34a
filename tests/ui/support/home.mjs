// A user's home for tests, and the real program in it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const BINARY = path.resolve(ROOT, process.env.LLM_PROXY_TEST_BINARY ?? "target/debug/llm-proxy");
const STOP_MS = 10_000;

/** An empty home, with its log folder and configuration file named. `remove` deletes all of it. */
export function makeHome() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "llm-proxy-ui-"));
  const below = (name) => {
    const made = path.join(folder, name);
    mkdirSync(made, { mode: 0o700 });
    return made;
  };
  below("config");
  const home = { folder, logDir: below("logs"), configFile: path.join(below("config/llm-proxy"), "config.toml") };
  const kept = Object.entries(process.env).filter(([name]) => !/^(LLM_PROXY_|XDG_|BEDROCK_|.*_BASE_URL$)/.test(name));
  home.env = {
    ...Object.fromEntries(kept),
    HOME: folder,
    XDG_CONFIG_HOME: path.join(folder, "config"),
    XDG_STATE_HOME: below("state"),
    XDG_DATA_HOME: below("data"),
    XDG_CACHE_HOME: below("cache"),
    XDG_RUNTIME_DIR: below("runtime"),
  };
  home.remove = () => rmSync(folder, { recursive: true, force: true });
  return home;
}

/** Runs a command of the program to its end and returns what it printed. */
export async function run(home, ...args) {
  const child = start(home, args);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`llm-proxy ${args.join(" ")} ended with ${code}:\n${child.said()}${printed}`);
  return printed;
}

/** Runs `explore`. `link` opens the page; `origin` is where it lives. */
export async function startExplorer(home) {
  const { line, stop } = await startServer(home, ["explore", "--no-open", "--port", "0"]);
  const link = line.match(/http:\/\/\S+/)?.[0];
  if (!link) throw new Error(`explore printed no link but: ${line}`);
  return { link, origin: new URL(link).origin, stop };
}

/** Runs the proxy on a free port. */
export async function startProxy(home) {
  const { line, stop } = await startServer(home, ["serve", "--port", "0"]);
  return { origin: line.match(/http:\/\/\S+/)[0], stop };
}

/** Starts what serves until it is stopped; `line` is the first that it prints. */
async function startServer(home, args) {
  const child = start(home, args);
  const ended = once(child, "close");
  const lines = readline.createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), ended.then(() => null)]);
  if (first === null) throw new Error(`llm-proxy ${args.join(" ")} ended at once:\n${child.said()}`);
  const stop = async () => {
    const clock = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(clock);
  };
  return { line: first[0], stop };
}

function start(home, args) {
  const where = ["--log-dir", home.logDir];
  const child = spawn(BINARY, [...where, ...args], { cwd: home.folder, env: home.env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  child.said = () => said;
  return child;
}
