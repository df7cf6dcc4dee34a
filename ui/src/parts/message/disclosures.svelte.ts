// What is opened in a conversation. Blocks come and go as one scrolls: what they were opened to is kept here.

import { SvelteMap } from "svelte/reactivity";

/** What can be opened and closed together. */
export type Group = "thinking" | "tool" | "fold" | "agent" | "all";

export class Disclosures {
  readonly #own = new SvelteMap<string, boolean>();
  #groups: Record<Group, boolean> = $state({ thinking: false, tool: false, fold: false, agent: false, all: false });

  isOpen(group: Group, key: string): boolean {
    return this.#own.get(`${group} ${key}`) ?? this.#groups[group];
  }

  toggle(group: Group, key: string): void {
    this.#own.set(`${group} ${key}`, !this.isOpen(group, key));
  }

  open(group: Group, key: string): void {
    this.#own.set(`${group} ${key}`, true);
  }

  /** Opens or closes all of a group, whatever each was. */
  toggleGroup(group: Group): void {
    this.setGroup(group, !this.#groups[group]);
  }

  setGroup(group: Group, isOpen: boolean): void {
    for (const key of [...this.#own.keys()]) if (key.startsWith(`${group} `)) this.#own.delete(key);
    this.#groups[group] = isOpen;
  }

  groupIsOpen(group: Group): boolean {
    return this.#groups[group];
  }
}
