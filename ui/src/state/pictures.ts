// Images out of the log. What was fetched is kept for a while, and so is that one cannot be shown: blocks come and
// go as one scrolls, and one that came back with another height than it went with would make others go in turn.

import type { ImageBytes } from "../bindings/ImageBytes";
import { call, CallFailure } from "../ipc/call";
import type { BodyOf } from "../lib/conversation/rows";

/** Characters of base64 that are kept. */
const MOST_CHARS = 64_000_000;

/** An image, or why there is none to show. */
export type Picture = { image: ImageBytes; problem: null } | { image: null; problem: string };

class Pictures {
  /** Latest last. */
  readonly #kept = new Map<string, Picture>();
  readonly #asked = new Map<string, Promise<Picture>>();

  /** What is known already. */
  known(from: BodyOf, digest: string): Picture | null {
    return this.#kept.get(keyOf(from, digest)) ?? null;
  }

  /** The image with this digest in a body. */
  fetch(from: BodyOf, digest: string): Promise<Picture> {
    const key = keyOf(from, digest);
    const asked = this.#asked.get(key) ?? this.#ask(key, from, digest);
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string, { request_id, what }: BodyOf, digest: string): Promise<Picture> {
    try {
      const image = await call("image", { request_id: request_id ?? "", what, digest });
      return this.#keep(key, { image, problem: null });
    } catch (error) {
      const picture = { image: null, problem: error instanceof Error ? error.message : String(error) };
      return error instanceof CallFailure && error.kind === "unreachable" ? picture : this.#keep(key, picture);
    } finally {
      this.#asked.delete(key);
    }
  }

  #keep(key: string, picture: Picture): Picture {
    this.#kept.set(key, picture);
    let chars = 0;
    for (const { image } of this.#kept.values()) chars += image?.base64.length ?? 0;
    for (const [old, { image }] of this.#kept) {
      if (chars <= MOST_CHARS || old === key) break;
      this.#kept.delete(old);
      chars -= image?.base64.length ?? 0;
    }
    return picture;
  }
}

function keyOf({ request_id, what }: BodyOf, digest: string): string {
  return `${request_id} ${what} ${digest}`;
}

export const pictures = new Pictures();
