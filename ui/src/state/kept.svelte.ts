// What is remembered from one visit to the next. Where nothing can be kept, it lasts as long as the page.

export class Kept<T> {
  #value: T = $state.raw() as T;

  /** `read` checks what was kept, which an older page may have written: none means that it does not fit. */
  constructor(
    readonly key: string,
    initial: T,
    read: (kept: unknown) => T | null,
  ) {
    this.#value = read(load(key)) ?? initial;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    this.#value = value;
    try {
      localStorage.setItem(this.key, JSON.stringify(value));
    } catch {
      // Full, or forbidden.
    }
  }
}

function load(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

export function isBoolean(kept: unknown): boolean | null {
  return typeof kept === "boolean" ? kept : null;
}

export function isNumber(kept: unknown): number | null {
  return typeof kept === "number" && Number.isFinite(kept) ? kept : null;
}

export function isStrings(kept: unknown): string[] | null {
  return Array.isArray(kept) && kept.every((each) => typeof each === "string") ? kept : null;
}
