// Images out of the log. What was fetched is kept for a while: blocks come and go as one scrolls.

import type { ImageBytes } from "../bindings/ImageBytes";
import { call } from "../ipc/call";
import type { BodyOf } from "../lib/conversation/rows";

/** Characters of base64 that are kept. */
const MOST_CHARS = 64_000_000;

class Pictures {
  /** Latest last. */
  readonly #kept = new Map<string, { asked: Promise<ImageBytes>; chars: number }>();

  /** The image with this digest in a body; throws a CallFailure. */
  async fetch({ request_id, what }: BodyOf, digest: string): Promise<ImageBytes> {
    const key = `${request_id} ${what} ${digest}`;
    const kept = this.#kept.get(key) ?? { asked: call("image", { request_id: request_id ?? "", what, digest }), chars: 0 };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    try {
      const image = await kept.asked;
      kept.chars = image.base64.length;
      this.#makeRoom(key);
      return image;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }

  #makeRoom(latest: string): void {
    let chars = 0;
    for (const kept of this.#kept.values()) chars += kept.chars;
    for (const [key, kept] of this.#kept) {
      if (chars <= MOST_CHARS || key === latest) return;
      this.#kept.delete(key);
      chars -= kept.chars;
    }
  }
}

export const pictures = new Pictures();
