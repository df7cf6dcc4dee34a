// How cost grows with the size of a request, and with the number of streams.

import path from "node:path";

import { ROOT } from "../scripts/run.mjs";
import { run } from "./load.mjs";
import { REALTIME } from "./parties.mjs";
import { plot } from "./plot.mjs";
import { median } from "./targets.mjs";

const KB = 1024;
const SIZES = [1, 10, 100, 1024, 10 * 1024, 100 * 1024].map((kb) => kb * KB);
const STREAMS = [1, 10, 50, 200, 500, 1000, 2000];
const PARTIES = ["direct", "nginx", "floor-hyper", "llm-proxy"];
/** A round takes some six minutes. */
const MOST_ROUNDS = 3;
/** A curve that grows faster than its cause, beyond what noise makes of it, from its second point on. */
const LINEAR_WITHIN = 1.5;

export async function growth(setting) {
  const sizes = setting.quick ? SIZES.slice(0, 4) : SIZES;
  const streams = setting.quick ? STREAMS.slice(0, 4) : STREAMS;
  const one = { ...setting, rounds: setting.quick ? 1 : Math.min(setting.rounds, MOST_ROUNDS), scale: 1 };
  const bodies = await run(one, REALTIME, PARTIES, sizes.map((bytes) => `body-${bytes}`));
  const running = await run(one, REALTIME, PARTIES, streams.map((count) => `streams-${count}`));
  const curve = (result, prefix, values, of) => (name) => ({
    name,
    points: values.map((value) => [value, median(rows(result, `${prefix}-${value}`, name).map(of))]),
  });
  const added = (result, prefix, values, field) => (name) => ({
    name,
    points: values.map((value) => [value, Math.max(1, addedUs(result, `${prefix}-${value}`, name, field))]),
  });
  const others = PARTIES.slice(1);
  const panels = [
    { title: "Request, added p50", x: "bytes", y: "µs", series: others.map(added(bodies, "body", sizes, "latency_us")) },
    { title: "Request, processor", x: "bytes", y: "µs", series: others.map(curve(bodies, "body", sizes, (row) => row.cpu_us_per_request)) },
    { title: "Event, added p50", x: "streams", y: "µs", series: others.map(added(running, "streams", streams, "event_us")) },
    { title: "Event, processor", x: "streams", y: "µs", series: others.map(curve(running, "streams", streams, (row) => row.cpu_us_per_event)) },
  ];
  if (setting.write) plot(path.join(ROOT, "docs/performance/growth-traffic.svg"), "How the proxy's cost grows", panels);
  return [
    linear("processor per request, by size", panels[1].series.at(-1).points.slice(2)),
    linear("processor of all events, by streams", panels[3].series.at(-1).points.map(([count, us]) => [count, us * count]).slice(1)),
  ];
}

/** Whether a curve's exponent between its ends is at most 1, as far as can be told. */
function linear(what, points) {
  const [[x0, y0], [x1, y1]] = [points[0], points.at(-1)];
  const factor = y1 / y0 / (x1 / x0);
  return {
    what: `growth: ${what}`,
    wanted: `≤ ${LINEAR_WITHIN} × linear`,
    reached: `${factor.toFixed(2)} × linear`,
    absolute: `${x0.toLocaleString("en")} to ${x1.toLocaleString("en")}`,
    floors: "",
    rounds: 1,
    met: factor <= LINEAR_WITHIN,
  };
}

function rows(result, scenario, target) {
  return result.rounds.filter((row) => row.scenario === scenario && row.target === target);
}

function addedUs(result, scenario, target, field) {
  const direct = rows(result, scenario, "direct");
  return median(rows(result, scenario, target).map((row, round) => row[field].p50 - direct[round][field].p50));
}
