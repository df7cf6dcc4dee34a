// How costs grow with the number of sessions, with their length, and with the size of the log: measured at a few
// points each, and drawn.

import path from "node:path";

import { ROOT } from "../scripts/run.mjs";
import { Store, opens, quantiles } from "./explorer.mjs";
import { plot } from "./plot.mjs";

const PAGE = 100;
const SEARCHES = ["the", "error file", "ledger", "ver*", '"the file"', "zzznothing"];

export async function growth(setting) {
  const panels = [...(await bySessions(setting)), ...(await byLength(setting)), ...(await bySize(setting))];
  const file = path.join(ROOT, "docs/performance/growth-store.svg");
  plot(file, "What finding costs as the store grows", panels);
  return panels.flatMap((panel) => panel.series.map((series) => steepness(panel, series)));
}

/** The largest store that is made, in gigabytes of log. */
function largestGb({ storeGb }) {
  return storeGb ?? 1;
}

/** A row that says how much more is paid at the end than at the beginning; 1.0: in proportion. */
function steepness({ title, x }, { name, points }) {
  const [[x0, y0], [x1, y1]] = [points[0], points.at(-1)];
  const exponent = Math.log(y1 / y0) / Math.log(x1 / x0);
  const absolute = `${y0.toPrecision(2)} → ${y1.toPrecision(2)} (${x0.toLocaleString("en")} → ${x1.toLocaleString("en")} ${x})`;
  return { what: `growth, ${title}: ${name}`, wanted: "", reached: `x^${exponent.toFixed(2)}`, absolute, floors: "", rounds: 1, met: null };
}

/** Costs in milliseconds of what every screen asks for. */
async function asked(store) {
  const starts = [];
  for (let start = 0; start < 5; start++) {
    const server = await store.start(["serve"]);
    starts.push(server.ms);
    await server.stop();
  }
  const explorer = await store.explore();
  try {
    const searches = [];
    for (const query of SEARCHES) searches.push((await explorer.time("search", { query, limit: 20 }, 5)).p50);
    return {
      "session list": (await explorer.time("sessions", { limit: PAGE }, 20)).p50,
      "request list": (await explorer.time("requests", { limit: PAGE }, 20)).p50,
      facets: (await explorer.time("facets", {}, 10)).p50,
      "filter without hits": (await explorer.time("requests", { limit: PAGE, filter: "dur:>9h" }, 5)).p50,
      "search, median": quantiles(searches).p50,
      "search, slowest": quantiles(searches).max,
      start: quantiles(starts).p50,
    };
  } finally {
    await explorer.stop();
  }
}

/** From the measured points to the series of a panel: `points` are `[x, { name: y }]`. */
function series(points, names) {
  return names.map((name) => ({ name, points: points.map(([x, costs]) => [x, costs[name]]) }));
}

/** Ten exchanges each, of equal size. A hundred thousand sessions take 10 GB. */
async function bySessions(setting) {
  const points = [];
  const counts = [10, 100, 1_000, 10_000, 100_000].filter((sessions) => sessions / 1e4 <= largestGb(setting));
  for (const sessions of setting.quick ? counts.slice(0, 3) : counts) {
    const store = new Store(setting.programs, { sessions, turns: 10, bytes: `${(sessions * 100) / 1e3}MB` });
    try {
      store.reindex();
      points.push([sessions * 10, await asked(store)]);
    } finally {
      store.remove();
    }
  }
  const panel = (title, names) => ({ title, x: "exchanges", y: "ms", series: series(points, names) });
  return [panel("Lists and start", ["session list", "request list", "start"]), panel("Filters and search", ["facets", "filter without hits", "search, median", "search, slowest"])];
}

/** One session, as long as that. What a start of the program takes is no part of indexing. */
async function byLength(setting) {
  const [opened, indexed] = [[], []];
  let startMs = 0;
  for (const turns of setting.quick ? [1, 10, 100] : [1, 10, 100, 500, 2_000]) {
    const store = new Store(setting.programs, { sessions: 1, turns });
    try {
      const reindexMs = quantiles(Array.from({ length: 5 }, () => store.reindex())).p50;
      if (turns === 1) startMs = reindexMs;
      else indexed.push([turns, { "of a turn": (reindexMs - startMs) / turns, "of a MB": ((reindexMs - startMs) / store.told.bytes) * 1e6 }]);
      const { first, again } = await opens(store, 3);
      opened.push([turns, { "first time": first, again }]);
    } finally {
      store.remove();
    }
  }
  const panel = (title, points, names) => ({ title, x: "turns", y: "ms", series: series(points, names) });
  return [panel("Opening one session", opened, ["first time", "again"]), panel("Indexing one session", indexed, ["of a turn", "of a MB"])];
}

/** A store of everyday shape that is so large. */
async function bySize(setting) {
  const sizes = setting.quick ? [0.03, 0.1] : [0.1, 0.3, 1, 3, 10, 20].filter((size) => size <= largestGb(setting));
  const points = [];
  for (const size of sizes) {
    const store = new Store(setting.programs, { sessions: Math.round(size * 2_000), turns: "1..60", bytes: `${size}GB` });
    try {
      const reindexMs = store.reindex();
      points.push([Number((store.told.bytes / 1e9).toPrecision(2)), { ...(await asked(store)), "index all": reindexMs }]);
    } finally {
      store.remove();
    }
  }
  const panel = (title, names) => ({ title, x: "GB of log", y: "ms", series: series(points, names) });
  return [panel("Size of the log: asking", ["session list", "search, median", "search, slowest", "start"]), panel("Size of the log: indexing", ["index all"])];
}
