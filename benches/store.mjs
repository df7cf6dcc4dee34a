// What finding costs: lists, sums, search and sessions, asked of the explorer over a store as agents leave it.

import { Store, opens, quantiles } from "./explorer.mjs";
import { growth } from "./growth.mjs";
import { limitRow } from "./targets.mjs";

export const STORE_PARTS = {
  store: { what: "Measuring what finding costs", measure: wide },
  sessions: { what: "Measuring what opening sessions costs", measure: deep },
  "store-growth": { what: "Measuring how costs grow with the store", measure: growth },
};

const STARTS = 9;
const PAGE = 100;

/** Said often, said now and then, and hardly ever; words, prefixes, phrases, with filters and without. */
const SEARCHES = [
  "the", "function", "error file", "the function returns", "ledger", "webhook", "scheduler checkout", "invoice customer payment",
  '"the file"', '"of the error"', "ver*", "dra*", "cl*", "tanzel*", "timeout role:assistant", "retry in:result", "cache tool:bash",
  "migration -error", "model:opus schema", "zzznothing",
];

/** Filters that nothing fits, one for each way in which a filter can be looked up. */
const HITLESS = [
  "model:nosuch", "client:nosuch", "status:418", "project:nosuch", "path:nosuch", "nosuchword", "tool:nosuch", "dur:>9h", "cost:>$9000",
  "in:>900M", "size:>9GB", "stop:nosuch", "agent:nosuch", "method:patch", "id:zzz", "before:2001-01-01", "is:streaming",
];

/** Many sessions: some 100,000 exchanges in 10,000 of them. */
async function wide(setting) {
  const gigabytes = setting.storeGb ?? (setting.quick ? 0.1 : 1);
  const sessions = setting.quick ? 1_000 : 10_000;
  const store = new Store(setting.programs, { sessions, turns: "1..34", bytes: `${gigabytes}GB` });
  try {
    const { exchanges, bytes, seconds, split_words: splitWords } = store.told;
    const reindexMs = store.reindex();
    const size = `${sessions.toLocaleString("en")} sessions, ${exchanges.toLocaleString("en")} exchanges, ${(bytes / 1e9).toFixed(2)} GB`;
    console.log(`    ${size}; written at ${Math.round(bytes / 1e6 / seconds)} MB/s, indexed at ${Math.round(bytes / 1e3 / reindexMs)} MB/s`);
    const starts = [];
    for (let start = 0; start < STARTS; start++) {
      const server = await store.start(["serve"]);
      starts.push(server.ms);
      await server.stop();
    }
    const explorer = await store.explore();
    try {
      const rows = [
        limitRow(`start to listening, ${sessions.toLocaleString("en")} sessions`, quantiles(starts).p50, 100, "ms", size),
        ...(await lists(explorer, sessions)),
        ...(await filters(explorer)),
        ...(await searches(explorer, splitWords)),
      ];
      return [...rows, small(store)];
    } finally {
      await explorer.stop();
    }
  } finally {
    store.remove();
  }
}

async function lists(explorer, sessions) {
  const first = await explorer.time("sessions", { limit: PAGE }, 50);
  const { next } = (await explorer.ask("sessions", { limit: PAGE })).value;
  const second = await explorer.time("sessions", { limit: PAGE, before: next }, 50);
  const requests = await explorer.time("requests", { limit: PAGE }, 50);
  const many = sessions.toLocaleString("en");
  return [
    limitRow(`session list of ${many}, first page, p95`, first.p95, 5, "ms", `p50 ${shown(first.p50)}`),
    limitRow(`session list of ${many}, next page, p95`, second.p95, 5, "ms", `p50 ${shown(second.p50)}`),
    limitRow("request list, first page, p95", requests.p95, 5, "ms", `p50 ${shown(requests.p50)}`),
  ];
}

async function filters(explorer) {
  const facets = await explorer.time("facets", {}, 20);
  const ofModel = await explorer.time("facets", { filter: "model:opus" }, 20);
  // What has to be counted anew: no limit is kept, the figure is told.
  const counted = await explorer.time("facets", { filter: "dur:>1s" }, 5);
  const listed = await explorer.time("requests", { limit: PAGE, filter: "dur:>1s" }, 5);
  const found = [];
  for (const list of ["sessions", "requests"]) {
    for (const filter of HITLESS) {
      const { value } = await explorer.ask(list, { limit: PAGE, filter });
      if (value[list].length > 0 || value.totals.requests > 0) throw new Error(`${filter} has hits`);
      found.push({ ms: (await explorer.time(list, { limit: PAGE, filter }, 5)).p50, filter: `${list} ${filter}` });
    }
  }
  const worst = found.reduce((one, other) => (one.ms > other.ms ? one : other));
  return [
    limitRow("facets, p95", facets.p95, 50, "ms", `p50 ${shown(facets.p50)}`),
    limitRow("facets of a model, p95", ofModel.p95, 50, "ms", `p50 ${shown(ofModel.p50)}`),
    told("facets of a filter that most requests fit, p50", counted.p50),
    told("request list of a filter that most fit, with sums, p50", listed.p50),
    limitRow("filter without hits, the slowest of all kinds", worst.ms, 50, "ms", `${worst.filter}; median ${shown(quantiles(found.map(({ ms }) => ms)).p50)}`),
  ];
}

async function searches(explorer, splitWords) {
  const all = [];
  for (const query of [...SEARCHES, ...splitWords.slice(0, 20)]) {
    const ms = (await explorer.time("search", { query, limit: 20 }, 5)).p50;
    all.push({ query, ms });
  }
  const { p50, p95 } = quantiles(all.map(({ ms }) => ms));
  const slowest = [...all].sort((one, other) => other.ms - one.ms).slice(0, 3).map(({ query, ms }) => `${query} ${shown(ms)}`);
  let found = 0;
  for (const query of splitWords) {
    const { value } = await explorer.ask("search", { query, limit: 1 });
    found += value.sessions.length > 0 ? 1 : 0;
  }
  const whole = { what: "words that streams cut are found", wanted: "100 %", reached: `${Math.round((100 * found) / splitWords.length)} %`, absolute: `${splitWords.length} words`, floors: "", rounds: 1, met: found === splitWords.length };
  return [
    limitRow("search, first page, median", p50, 10, "ms", `${all.length} searches`),
    limitRow("search, ranked hits, p95", p95, 100, "ms", `slowest: ${slowest.join("; ")}`),
    whole,
  ];
}

/** What a store takes once nobody writes to it any more. `plain` is what its logs took before. */
function disk(store, plain) {
  const { logs, index } = store.sizes();
  const share = (bytes) => (100 * bytes) / store.told.wire_bytes;
  const note = `logs ${share(logs).toFixed(1)} (before ${share(plain).toFixed(1)}), index ${share(index).toFixed(1)}`;
  return limitRow("disk, cold, of 100 bytes that an agent sent and got", share(logs + index), 5, "bytes", note);
}

/** What many sessions take once they are compressed. Short ones repeat less: no limit is kept, the figure is told. */
function small(store) {
  const plain = store.sizes().logs;
  store.compress();
  return { ...disk(store, plain), what: `disk, cold, ${store.told.sessions.toLocaleString("en")} short sessions, of 100 bytes`, wanted: "", met: null };
}

/** The same session once it is compressed. */
async function cold(store, setting, what) {
  const plain = store.sizes().logs;
  const { ms } = store.compress();
  const opened = await opens(store, setting.quick ? 3 : 7);
  const note = `compressed at ${Math.round(plain / 1e3 / ms)} MB/s; again ${shown(opened.again)}`;
  return { plain, row: told(`${what}, compressed`, opened.first, note) };
}

/** Long sessions, each opened in a process that has not read it. */
async function deep(setting) {
  const rows = [];
  for (const [turns, limit] of setting.quick ? [[500, 150]] : [[500, 150], [2_000, null]]) {
    const store = new Store(setting.programs, { sessions: 1, turns });
    try {
      store.reindex();
      const opened = await opens(store, setting.quick ? 3 : 7);
      const note = `${(store.told.bytes / 1e6).toFixed(0)} MB of log, ${(opened.bytes / 1e6).toFixed(1)} MB shown; again ${shown(opened.again)}`;
      const what = `open a session of ${turns.toLocaleString("en")} turns`;
      rows.push(limit === null ? told(what, opened.first, note) : limitRow(what, opened.first, limit, "ms", note));
      const { plain, row } = await cold(store, setting, what);
      rows.push(row);
      if (limit !== null) rows.push(disk(store, plain));
    } finally {
      store.remove();
    }
  }
  return rows;
}

/** A figure that is held to nothing. */
function told(what, ms, note = "") {
  return { ...limitRow(what, ms, ms, "ms", note), wanted: "", met: null };
}

function shown(ms) {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
