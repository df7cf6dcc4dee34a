// A log folder with its index, and the explorer in front of it: what is asked of it is asked as the page asks.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

import { median } from "./targets.mjs";

const ANSWER_BYTES = 64 << 20;

/** A log folder in a home of its own. */
export class Store {
  /** Writes one with `llm-proxy-store generate`; `shape` is its arguments. `told` is what it says of it. */
  constructor(programs, shape) {
    this.programs = programs;
    this.home = mkdtempSync(path.join(os.tmpdir(), "llm-proxy-store-"));
    this.logs = path.join(this.home, "logs");
    mkdirSync(this.logs, { mode: 0o700 });
    const args = Object.entries(shape).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.told = JSON.parse(this.#run("llm-proxy-store", ["generate", this.logs, ...args]));
  }

  /** Makes the index anew and returns how long that took, in milliseconds. */
  reindex() {
    const began = performance.now();
    this.#run("llm-proxy", ["--log-dir", this.logs, "reindex"]);
    return performance.now() - began;
  }

  /** Compresses all sessions, as time does to those that nobody writes to; what became of them, and how long it took. */
  compress() {
    const began = performance.now();
    const told = JSON.parse(this.#run("llm-proxy", ["--log-dir", this.logs, "compress", "--older-than", "0", "--json"]));
    return { ...told, ms: performance.now() - began };
  }

  /** Bytes of the session files, and of the index. */
  sizes() {
    const index = (name) => name.startsWith("sessions.db");
    const bytes = (chosen) => filesUnder(this.logs).filter((file) => index(path.basename(file)) === chosen).reduce((sum, file) => sum + statSync(file).size, 0);
    return { logs: bytes(false), index: bytes(true) };
  }

  /** Starts a server of the program: `line` is the first that it prints, `ms` how long that took. */
  async start(command) {
    const began = performance.now();
    const args = ["--log-dir", this.logs, ...command, "--port", "0"];
    const child = spawn(path.join(this.programs, "llm-proxy"), args, { cwd: this.home, env: this.#env(), stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "close");
    const first = await Promise.race([once(readline.createInterface({ input: child.stdout }), "line"), ended.then(() => null)]);
    const ms = performance.now() - began;
    if (first === null) throw new Error(`llm-proxy ${command.join(" ")} ended at once`);
    const stop = async () => {
      child.kill("SIGTERM");
      await ended;
    };
    return { line: first[0], ms, stop };
  }

  async explore() {
    const { line, stop } = await this.start(["explore", "--no-open"]);
    const explorer = new Explorer(line.match(/http:\/\/\S+/)[0], stop);
    await explorer.enter();
    return explorer;
  }

  remove() {
    rmSync(this.home, { recursive: true, force: true });
  }

  #run(program, args) {
    const options = { cwd: this.home, env: this.#env(), encoding: "utf8", maxBuffer: ANSWER_BYTES };
    const done = spawnSync(path.join(this.programs, program), args, options);
    if (done.status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${done.stderr || done.error}`);
    return done.stdout;
  }

  #env() {
    return { PATH: process.env.PATH, HOME: this.home, NO_PROXY: "*" };
  }
}

/** The explorer for browsers, asked over one connection that stays open. */
class Explorer {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(link, stop) {
    this.link = new URL(link);
    this.stop = async () => {
      this.#agent.destroy();
      await stop();
    };
  }

  /** Opens the link, which gives the page its key. */
  async enter() {
    const { headers } = await this.#send("GET", `${this.link.pathname}${this.link.search}`);
    this.cookie = headers["set-cookie"]?.map((cookie) => cookie.split(";")[0]).join("; ");
    if (!this.cookie) throw new Error("the link gave no key");
  }

  /** Asks, and returns the answer with the milliseconds that it took and its bytes. */
  async ask(name, args) {
    const began = performance.now();
    const { status, body } = await this.#send("POST", "/call", JSON.stringify(args === undefined ? { name } : { name, args }));
    const ms = performance.now() - began;
    if (status !== 200) throw new Error(`${name}: ${status} ${body.toString("utf8", 0, 500)}`);
    return { ms, bytes: body.length, value: JSON.parse(body) };
  }

  /** Asks `times` times, after once that does not count. */
  async time(name, args, times = 20) {
    await this.ask(name, args);
    const all = [];
    for (let time = 0; time < times; time++) all.push((await this.ask(name, args)).ms);
    return quantiles(all);
  }

  #send(method, at, body) {
    const headers = { ...(this.cookie && { Cookie: this.cookie }), ...(body && { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }) };
    const options = { host: "127.0.0.1", port: this.link.port, path: at, method, headers, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part)).on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }));
      });
      request.on("error", reject).end(body);
    });
  }
}

/** Medians of opening a store's one session for the first time, and again. */
export async function opens(store, times) {
  const [first, again] = [[], []];
  let bytes = 0;
  for (let time = 0; time < times; time++) {
    const explorer = await store.explore();
    const { value } = await explorer.ask("sessions", { limit: 1 });
    const args = { session: value.sessions[0].id };
    const opened = await explorer.ask("session", args);
    first.push(opened.ms);
    bytes = opened.bytes;
    again.push((await explorer.ask("session", args)).ms);
    await explorer.stop();
  }
  return { first: quantiles(first).p50, again: quantiles(again).p50, bytes };
}

/** `{ p50, p95, max }` of numbers. */
export function quantiles(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { p50: median(sorted), p95: sorted[Math.ceil(sorted.length * 0.95) - 1], max: sorted.at(-1) };
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(at) : [at];
  });
}
