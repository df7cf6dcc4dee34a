// Short answers to what the user did: `Copied`. They go by themselves; errors stay longer.

export interface Toast {
  id: number;
  text: string;
  kind: "done" | "error";
}

class Toasts {
  shown: Toast[] = $state([]);
  #next = 1;

  say(text: string, kind: Toast["kind"] = "done"): void {
    const id = this.#next++;
    this.shown = [...this.shown.slice(-2), { id, text, kind }];
    setTimeout(() => this.drop(id), kind === "error" ? 8000 : 2000);
  }

  drop(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

/** Says what went wrong. */
export function complain(error: unknown): void {
  toasts.say(error instanceof Error ? error.message : String(error), "error");
}
