// Where the page is: the address is the truth, so that a link leads back here and the browser's Back works.

import { fromHash, START, toHash, type Place, type View } from "../lib/place";

class Location {
  place: Place = $state.raw(fromHash(window.location.hash));
  /** How many of our own steps Back can undo. */
  #depth = 0;

  constructor() {
    const read = () => {
      this.place = fromHash(window.location.hash);
      const state: unknown = history.state;
      this.#depth = typeof state === "number" ? state : 0;
    };
    window.addEventListener("popstate", read);
    window.addEventListener("hashchange", read);
  }

  /** Goes there: Back leads to where we are. */
  push(change: Partial<Place>): void {
    const next = { ...this.place, ...change };
    if (toHash(next) === toHash(this.place)) return;
    this.#depth += 1;
    history.pushState(this.#depth, "", toHash(next));
    this.place = next;
  }

  /** Goes there in place of where we are, as the arrow keys do in a list. */
  replace(change: Partial<Place>): void {
    this.place = { ...this.place, ...change };
    history.replaceState(this.#depth, "", toHash(this.place));
  }

  back(): void {
    if (this.#depth > 0) history.back();
    else this.push({ ...NO_DETAIL, ...listView() });
  }
}

const NO_DETAIL = { session: null, request: null, turn: null, find: null, tab: null };

export const location = new Location();

/** What the other side was asked last: what lists are filtered by is not what is searched for. */
let otherFilter = "";

/** Another screen. The filter goes along, but not into a search or out of one; what was open does not. */
export function openView(view: View, change: Partial<Place> = {}): void {
  const { filter } = location.place;
  if ((view === "search") === (location.place.view === "search")) {
    location.push({ ...NO_DETAIL, view, ...change });
    return;
  }
  location.push({ ...NO_DETAIL, view, filter: otherFilter, ...change });
  otherFilter = filter;
}

/** Shows a session beside the list, scrolled to `turn`, with `find` marked. */
export function openSession(id: string, at: { turn?: number | null; find?: string | null } = {}): void {
  location.push({ ...listView(), ...NO_DETAIL, session: id, turn: at.turn ?? null, find: at.find ?? null });
}

/** Shows a request beside the list. */
export function openRequest(id: string, tab: string | null = null): void {
  location.push({ ...listView(), ...NO_DETAIL, request: id, tab });
}

/** Another tab of what is open. */
export function openTab(tab: string | null): void {
  location.replace({ tab });
}

/** The step before. */
export function back(): void {
  location.back();
}

/** Closes what is open beside the list. */
export function closeDetail(): void {
  location.push(NO_DETAIL);
}

/** Stats, settings and the first steps have no detail pane. */
function listView(): Partial<Place> {
  const { view } = location.place;
  return view === "sessions" || view === "requests" || view === "search" ? {} : { view: START.view };
}
