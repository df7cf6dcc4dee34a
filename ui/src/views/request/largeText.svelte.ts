// A body or a log line, which may be of any size: a large one is fetched by its head and tail until all is asked for.

import { call } from "../../ipc/call";
import type { Side } from "../../bindings/Side";

/** Larger texts are not fetched whole at once. */
const WHOLE_BYTES = 2 * 1024 * 1024;
const HEAD_BYTES = 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
/** The most that one call gives. */
const PART_BYTES = 4 * 1024 * 1024;

export class LargeText {
  /** What was fetched; none: nothing yet. */
  text: string | null = $state.raw(null);
  /** The last bytes, where the middle is missing. */
  tail: string | null = $state.raw(null);
  total_bytes = $state(0);
  isWhole = $state(false);
  /** How much of it is here, while all is fetched: from 0 to 1. */
  progress: number | null = $state(null);
  error: string | null = $state(null);
  readonly #ask: { call: "body" | "record"; requestId: string; what: Side };

  constructor(from: "body" | "record", requestId: string, what: Side) {
    this.#ask = { call: from, requestId, what };
  }

  /** Fetches what is shown at first. */
  async load(): Promise<void> {
    await this.#tried(async () => {
      const head = await this.#part(0, WHOLE_BYTES);
      this.total_bytes = head.total;
      if (head.total <= WHOLE_BYTES) {
        this.text = head.text;
        this.isWhole = true;
        return;
      }
      const tail = await this.#part(head.total - TAIL_BYTES, TAIL_BYTES);
      this.text = head.text.slice(0, HEAD_BYTES);
      this.tail = tail.text;
    });
  }

  /** Fetches all of it. */
  async loadAll(): Promise<void> {
    await this.#tried(async () => {
      const parts: string[] = [];
      let from = 0;
      this.progress = 0;
      while (from < this.total_bytes) {
        const part = await this.#part(from, PART_BYTES);
        const length_bytes = new TextEncoder().encode(part.text).length;
        if (length_bytes === 0) break;
        parts.push(part.text);
        from = part.from + length_bytes;
        this.progress = from / this.total_bytes;
      }
      this.text = parts.join("");
      this.tail = null;
      this.isWhole = true;
    });
    this.progress = null;
  }

  async #tried(work: () => Promise<void>): Promise<void> {
    try {
      this.error = null;
      await work();
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  #part(from: number, limit: number) {
    const { call: name, requestId, what } = this.#ask;
    return call(name, { request_id: requestId, what, from, limit });
  }
}
