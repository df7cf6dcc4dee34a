// The panes: which are open, and how wide.

import { isBoolean, isNumber, Kept } from "./kept.svelte";

/** Below this width, what is open lies over the list instead of beside it. */
const BESIDE_PX = 1080;
const LIST_LEAST_PX = 320;
const DETAIL_LEAST_PX = 480;

class Layout {
  #sidebarOpen = new Kept("sidebar_open", true, isBoolean);
  #sidebar_px = new Kept("sidebar_px", 220, isNumber);
  #list_px = new Kept("list_px", 440, isNumber);
  /** The detail pane has all the room. */
  maximised: boolean = $state(false);
  #window_px: number = $state(window.innerWidth);

  constructor() {
    window.addEventListener("resize", () => (this.#window_px = window.innerWidth));
  }

  get sidebarOpen(): boolean {
    return this.#sidebarOpen.value;
  }

  toggleSidebar(): void {
    this.#sidebarOpen.value = !this.sidebarOpen;
  }

  get sidebar_px(): number {
    return clamp(this.#sidebar_px.value, 160, 360);
  }

  set sidebar_px(width_px: number) {
    this.#sidebar_px.value = width_px;
  }

  /** Whether list and detail do not fit beside each other. */
  get covers(): boolean {
    return this.maximised || this.#window_px < BESIDE_PX;
  }

  get list_px(): number {
    return clamp(this.#list_px.value, LIST_LEAST_PX, this.listMost_px);
  }

  set list_px(width_px: number) {
    this.#list_px.value = width_px;
  }

  get listMost_px(): number {
    const sidebar_px = this.sidebarOpen ? this.sidebar_px : 0;
    return Math.max(LIST_LEAST_PX, this.#window_px - sidebar_px - DETAIL_LEAST_PX);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

export const layout = new Layout();
