// Starts those who are compared: the scripted upstream, nginx, the floors and ourselves. All on loopback, each on a
// port that was free, all ended with `stop`.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

import { ROOT } from "../scripts/run.mjs";

const START_MS = 20_000;
/** Memory as a disk: what logging costs beyond it, the disk costs. */
const SHARED_MEMORY = "/dev/shm";

/**
 * How the parties share the processors. `realtime`: all under one real-time priority, round-robin, as is right for
 * latencies: other work cannot hold a wake-up back. `pinned`: upstream and client on one processor, the proxy
 * alone on another, as is right for rates.
 */
export const REALTIME = { client: ["chrt", "-r", "10"], upstream: ["chrt", "-r", "10"], proxy: ["chrt", "-r", "10"] };
export const PINNED = { client: ["taskset", "-c", "0"], upstream: ["taskset", "-c", "0"], proxy: ["taskset", "-c", "1"] };
export const FREE = { client: [], upstream: [], proxy: [] };
/** Runs what follows it with as many open files as the system allows: a stream is two of them. */
export const ALL_DESCRIPTORS = ["sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh"];

/** The running parties, by name: `{ url, pid, home }`; `url` is what an API's path follows. */
export class Parties {
  #children = [];
  #folder = mkdtempSync(path.join(os.tmpdir(), "llm-proxy-bench-"));
  #shared = null;

  /** `programs` is the folder with the release build. */
  constructor(programs, sharing) {
    this.programs = programs;
    this.sharing = sharing;
    this.running = {};
  }

  async start(names) {
    const upstreamPort = await this.#listen("direct", this.sharing.upstream, (port) => [this.#program("llm-proxy-load"), "upstream", "--port", port]);
    this.upstream = `127.0.0.1:${upstreamPort}`;
    this.running.direct.url = `http://${this.upstream}`;
    for (const name of names) {
      if (name !== "direct") await this.#startProxy(name);
    }
  }

  /** What `llm-proxy-load run` is told of them. */
  targets() {
    return Object.entries(this.running).flatMap(([name, { url }]) => ["--target", `${name}=${url}`]);
  }

  async stop() {
    const ended = this.#children.map((child) => new Promise((resolve) => (child.exitCode === null && child.signalCode === null ? child.once("exit", resolve) : resolve())));
    this.#children.forEach((child) => child.kill("SIGTERM"));
    const timer = setTimeout(() => this.#children.forEach((child) => child.kill("SIGKILL")), 10_000);
    await Promise.all(ended);
    clearTimeout(timer);
    [this.#folder, this.#shared].filter(Boolean).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  }

  async #startProxy(name) {
    const commands = {
      nginx: (port) => ["nginx", "-c", this.#nginxConfig(port), "-g", "daemon off;"],
      "floor-hyper": (port) => [this.#program("floor-hyper"), port],
      "floor-reqwest": (port) => [this.#program("floor-reqwest"), port],
      "floor-log": (port) => [this.#program("floor-log"), port, path.join(this.#folder, "floor-log.jsonl")],
      "floor-index": (port) => [this.#program("floor-log"), port, path.join(this.#folder, "floor-index.jsonl"), path.join(this.#folder, "floor-index.db")],
      "llm-proxy": (port) => [this.#program("llm-proxy"), "serve", "--port", port],
      "llm-proxy-shm": (port) => [this.#program("llm-proxy"), "serve", "--port", port],
    };
    const port = await this.#listen(name, this.sharing.proxy, commands[name]);
    this.running[name].url = `http://127.0.0.1:${port}/{provider}/${this.upstream}`;
  }

  /** Starts a program that is told its port, and waits until it listens there. */
  async #listen(name, prefix, command) {
    const port = String(await freePort());
    const home = this.#home(name);
    const [program, ...args] = [...ALL_DESCRIPTORS, ...prefix, ...command(port)];
    const child = spawn(program, args, { cwd: home, env: { PATH: process.env.PATH, HOME: home, NO_PROXY: "*" }, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-2000)));
    child.on("error", (error) => (said += error.message));
    this.#children.push(child);
    this.running[name] = { pid: child.pid, port, home };
    const until = Date.now() + START_MS;
    while (!(await canConnect(port))) {
      if (Date.now() > until || child.exitCode !== null) throw new Error(`${name} does not listen on ${port}: ${said}`);
    }
    return port;
  }

  #home(name) {
    if (name.endsWith("-shm")) this.#shared ??= mkdtempSync(path.join(SHARED_MEMORY, "llm-proxy-bench-"));
    const home = path.join(name.endsWith("-shm") ? this.#shared : this.#folder, name);
    mkdirSync(home, { recursive: true });
    return home;
  }

  #program(name) {
    return path.join(this.programs, name);
  }

  #nginxConfig(port) {
    const template = readFileSync(path.join(ROOT, "benches/nginx.conf"), "utf8");
    const file = path.join(this.#folder, "nginx.conf");
    writeFileSync(file, template.replaceAll("@FOLDER@", this.#folder).replaceAll("@PORT@", port).replaceAll("@UPSTREAM@", this.upstream));
    return file;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), "127.0.0.1");
    const done = (answer) => {
      socket.destroy();
      setTimeout(resolve, answer ? 0 : 20, answer);
    };
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}
