// A session's log file, line by line, as docs/LOG_FORMAT.md has it.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Collects a session's lines; `write` puts them where the proxy would. */
export class SessionLog {
  /**
   * @param {{provider: string, upstream: string, at: Date, random: ReturnType<import("./random.mjs").random>,
   *   clientSession?: string}} session
   */
  constructor({ provider, upstream, at, random, clientSession }) {
    this.upstream = upstream;
    this.random = random;
    const compact = at.toISOString().replace(/[-:]|\.\d+Z/g, "").replace("T", "-");
    this.id = `${compact}-${random.hex(8)}`;
    this.day = at.toISOString().slice(0, 10);
    this.seq = 0;
    this.lines = [];
    this.#add({
      _meta: this.#meta(at),
      ...(clientSession && { client_session: clientSession }),
      format: 1,
      provider,
      type: "session_start",
      upstream,
    });
  }

  /**
   * Adds an exchange and returns its request's id. `answer` is what `wire.mjs` makes; none: it still runs.
   * @param {{at: Date, path: string, headers?: object, query?: string, body: unknown, answer?: object}} exchange
   */
  exchange({ at, path: requestPath, headers = {}, query, body, answer }) {
    const requestId = this.#uuid();
    const seq = ++this.seq;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    this.#add({
      _meta: this.#meta(at, requestId),
      body: text,
      headers: headerMap({ "Content-Type": "application/json", ...headers }),
      http_version: "HTTP/1.1",
      method: "POST",
      path: requestPath,
      ...(query && { query }),
      seq,
      size: Buffer.byteLength(text),
      type: "request",
    });
    if (answer) this.#add(this.#response(at, requestId, seq, answer));
    return requestId;
  }

  /** The file's path below the log folder. */
  get file() {
    // As the proxy names folders: what no host name holds becomes `_`.
    const folder = this.upstream.toLowerCase().replace(/[^a-z0-9.[\]_:-]/gu, "_").slice(0, 255);
    return `${folder}/${this.day}/${this.id}.jsonl`;
  }

  write(logFolder) {
    const file = path.join(logFolder, this.file);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, this.lines.join(""), { mode: 0o600 });
  }

  #response(at, requestId, seq, { status, headers, body, chunks, end, error, ttfbMs, totalMs }) {
    const size = chunks ? chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk.raw), 0) : Buffer.byteLength(body ?? "");
    return {
      _meta: this.#meta(new Date(at.getTime() + totalMs), requestId),
      ...(body !== undefined && { body }),
      ...(chunks && { chunks: chunks.map((chunk) => ({ ...chunk, ts: new Date(at.getTime() + ttfbMs + chunk.delta_ms) })) }),
      complete: end === "ok",
      end,
      ...(error && { error }),
      headers: headerMap(headers ?? {}),
      http_version: "HTTP/2.0",
      seq,
      size,
      status,
      timing: { total_ms: totalMs, ttfb_ms: ttfbMs },
      type: "response",
    };
  }

  #meta(at, requestId) {
    const meta = { host: this.upstream, machine: "ada@desk", session: this.id, ts: at.toISOString() };
    return requestId ? { ...meta, request_id: requestId } : meta;
  }

  #uuid() {
    const hex = (digits) => this.random.hex(digits);
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  #add(line) {
    this.lines.push(`${JSON.stringify(line)}\n`);
  }
}

function headerMap(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [value]]));
}
