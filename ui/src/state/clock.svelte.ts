// The time of day for `5m ago` and for what runs: it moves once a second, and only while the page is seen.

class Clock {
  now_ms: number = $state(Date.now());

  constructor() {
    const tick = () => {
      if (!document.hidden) this.now_ms = Date.now();
    };
    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
  }
}

export const clock = new Clock();
