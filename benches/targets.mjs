// What the forwarding path is held to, as ratios within one round, and whether a run reached it. Pure: results in,
// rows out. `run` is what `llm-proxy-load run --json` wrote, `facts` what was measured beside it.

const OURS = "llm-proxy";

/** Percentile of a target's rounds less that of direct in the same round, in microseconds. */
const added = (field, percentile) => (row, direct) => row[field][percentile] - direct[field][percentile];
const answer = added("latency_us", "p50");
const event = added("event_us", "p50");
const eventTail = added("event_us", "p99");
const firstByte = added("ttfb_us", "p50");
const rate = (row) => row.rps;
const cpuPerRequest = (row) => row.cpu_us_per_request;
const cpuPerEvent = (row) => row.cpu_us_per_event;

const MICROSECONDS = "µs";
const PER_SECOND = "/s";

/** `[what, scenario, of, unit, limit, against]`: `of` ours ÷ `of` another's must not exceed `limit` (`atLeast`: not fall below). */
export const RATIOS = [
  { what: "added p50, 2 KB, one at a time", scenario: "seq-2k", of: answer, unit: MICROSECONDS, atMost: 1.25 },
  { what: "added p50, 2 KB, 500/s", scenario: "lat-2k", of: answer, unit: MICROSECONDS, atMost: 1.1 },
  { what: "added p50, 2 MB request", scenario: "lat-2m", of: answer, unit: MICROSECONDS, atMost: 0.5 },
  { what: "added p50, 1 MB answer", scenario: "lat-resp1m", of: answer, unit: MICROSECONDS, atMost: 1.3 },
  { what: "added p50, log on the disk ÷ in memory", scenario: "lat-2k", of: answer, unit: MICROSECONDS, atMost: 1.05, against: "llm-proxy-shm" },
  { what: "first byte of a stream, 1 stream", scenario: "sse-1", of: firstByte, unit: MICROSECONDS, atMost: 1.5 },
  { what: "first byte of a stream, 10 streams", scenario: "sse-10", of: firstByte, unit: MICROSECONDS, atMost: 1.5 },
  { what: "first byte of a stream, 50 streams", scenario: "sse-50", of: firstByte, unit: MICROSECONDS, atMost: 1.5 },
  { what: "first byte of a stream, 200 streams", scenario: "sse-200", of: firstByte, unit: MICROSECONDS, atMost: 1.2 },
  { what: "event, added p50, 10 streams", scenario: "sse-10", of: event, unit: MICROSECONDS, atMost: 1.15 },
  { what: "event, added p50, 50 streams", scenario: "sse-50", of: event, unit: MICROSECONDS, atMost: 1.25 },
  { what: "event, added p50, 200 streams", scenario: "sse-200", of: event, unit: MICROSECONDS, atMost: 1.6 },
  { what: "event, added p99, 200 streams", scenario: "sse-200", of: eventTail, unit: MICROSECONDS },
  { what: "burst, processor per event, 1 stream", scenario: "sse-burst-1", of: cpuPerEvent, unit: MICROSECONDS, atMost: 3 },
  { what: "burst, processor per event, 8 streams", scenario: "sse-burst-8", of: cpuPerEvent, unit: MICROSECONDS, atMost: 3 },
  { what: "rate on one core, 2 KB", scenario: "tput-32", of: rate, unit: PER_SECOND, atLeast: 0.5 },
  { what: "rate on one core, 200 KB requests", scenario: "tput-200k", of: rate, unit: PER_SECOND, atLeast: 0.4 },
  { what: "rate on one core, 2 MB requests", scenario: "tput-2m", of: rate, unit: PER_SECOND, atLeast: 0.4 },
  { what: "processor per request, 2 KB", scenario: "tput-32", of: cpuPerRequest, unit: MICROSECONDS, atMost: 3 },
  { what: "processor per request, 200 KB", scenario: "tput-200k", of: cpuPerRequest, unit: MICROSECONDS, atMost: 3 },
];

/** Rows of the table for what `runs` hold. */
export function ratioRows(runs) {
  const rounds = runs.flatMap((run) => run.rounds);
  return RATIOS.filter(({ scenario }) => rounds.some((row) => row.scenario === scenario)).map((target) => ratioRow(rounds, target));
}

function ratioRow(rounds, { what, scenario, of, unit, atMost, atLeast, against = "nginx" }) {
  const pick = (name) => values(rounds, scenario, name, of);
  const [ours, theirs] = [pick(OURS), pick(against)];
  const floors = ["floor-hyper", "floor-log", "floor-index"].map((name) => ({ name, ratio: median(ratios(pick(name), theirs)) }));
  const reached = ratios(ours, theirs);
  const ratio = median(reached);
  return {
    what,
    wanted: atMost ? `≤ ${atMost} × ${against}` : atLeast ? `≥ ${atLeast} × ${against}` : "",
    reached: `${ratio.toFixed(2)} × (${Math.min(...reached).toFixed(2)}–${Math.max(...reached).toFixed(2)})`,
    absolute: `${figure(median([...ours.values()]), unit)} (${against} ${figure(median([...theirs.values()]), unit)})`,
    floors: floors.filter(({ ratio }) => Number.isFinite(ratio)).map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`).join(", "),
    rounds: reached.length,
    met: atMost ? ratio <= atMost : atLeast ? ratio >= atLeast : null,
  };
}

/** By round: what `of` says of a target's row, with direct's row of the same round at hand. */
function values(rounds, scenario, target, of) {
  const row = (name, round) => rounds.find((one) => one.scenario === scenario && one.target === name && one.round === round);
  const all = rounds.filter((one) => one.scenario === scenario && one.target === target);
  return new Map(all.map((one) => [one.round, of(one, row("direct", one.round))]));
}

function ratios(ours, theirs) {
  return [...ours].filter(([round]) => theirs.has(round)).map(([round, value]) => value / theirs.get(round));
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function figure(value, unit) {
  if (unit === PER_SECOND) return `${Math.round(value).toLocaleString("en")}${unit}`;
  return value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** Whether every byte came through as it was sent, both ways, and every request was answered. */
export function exactness(runs) {
  const ours = runs.flatMap((run) => run.rounds).filter((row) => row.target.startsWith(OURS));
  const exact = ours.every((row) => row.exact_down === 1 && row.exact_up === 1 && row.errors === 0);
  const requests = ours.reduce((sum, row) => sum + row.requests, 0);
  return { what: "bytes exact both ways", wanted: "100 %", reached: exact ? "100 %" : "NOT ALL", absolute: `${requests.toLocaleString("en")} requests`, floors: "", rounds: 1, met: exact };
}

/** Whether the log has every exchange of a run, and every byte of each. `found` is what `wholeInLog` answers. */
export function completenessRow(requests, { answers, gaps, seconds }) {
  const whole = Math.min(requests, answers) - gaps;
  const met = whole >= requests;
  const absolute = `${requests.toLocaleString("en")} requests, ${gaps.toLocaleString("en")} with gaps; ${seconds.toFixed(1)} s after the last`;
  return { what: "all of it in the log, whole", wanted: "100 %", reached: met ? "100 %" : `${((100 * Math.max(0, whole)) / requests).toFixed(1)} %`, absolute, floors: "", rounds: 1, met };
}

/** A figure that stands for itself: `reached` must not exceed `limit`. */
export function limitRow(what, reached, limit, unit, note = "") {
  const shown = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")} ${unit}`;
  return { what, wanted: `≤ ${shown(limit)}`, reached: shown(reached), absolute: note, floors: "", rounds: 1, met: reached <= limit };
}

/** The table, in Markdown. */
export function markdown(rows) {
  const mark = { true: "yes", false: "**no**", null: "" };
  const head = "| what | target | reached | ours (theirs) | floors | rounds | met |\n| --- | --- | --- | --- | --- | --- | --- |\n";
  return head + rows.map((row) => `| ${row.what} | ${row.wanted} | ${row.reached} | ${row.absolute} | ${row.floors} | ${row.rounds} | ${mark[row.met]} |\n`).join("");
}
