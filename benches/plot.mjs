// Draws measured points as small multiples in one SVG: axes by powers of ten, and a dotted line of what would be in
// proportion. Readable on light and dark pages.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const [WIDTH, HEIGHT, COLUMNS] = [360, 260, 2];
const MARGIN = { left: 58, right: 14, top: 46, bottom: 44 };
const LEGEND_LINE = 14;
const TITLE_HEIGHT = 34;
const COLORS = 5;

const STYLE = `
  :root { --ink: #1f2328; --soft: #59636e; --grid: #d1d9e0; --ground: #ffffff;
    --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df; --c4: #bf3989; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #f0f6fc; --soft: #9198a1; --grid: #3d444d; --ground: #0d1117;
      --c0: #4493f8; --c1: #db6d28; --c2: #3fb950; --c3: #ab7df8; --c4: #db61a2; }
  }
  svg { background: var(--ground); }
  text { font: 11px system-ui, sans-serif; fill: var(--soft); }
  .title { font-size: 16px; font-weight: 600; fill: var(--ink); }
  .panel { font-size: 12px; font-weight: 600; fill: var(--ink); }
  .grid { stroke: var(--grid); stroke-width: 1; }
  .linear { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 4; stroke-linecap: round; fill: none; }
${Array.from({ length: COLORS }, (_, color) => `  .s${color} { stroke: var(--c${color}); fill: none; stroke-width: 2; } .p${color} { fill: var(--c${color}); }`).join("\n")}
`;

/**
 * Writes `file`. A panel is `{ title, x, y, series: [{ name, points: [[x, y], …] }] }`; `x` and `y` name the axes.
 * What is not above 0 has no place on these axes and is left out.
 */
export function plot(file, title, panels) {
  const most = Math.max(...panels.map(({ series }) => series.length));
  const height = HEIGHT + 10 + most * LEGEND_LINE;
  const rows = Math.ceil(panels.length / COLUMNS);
  const [width, total] = [WIDTH * COLUMNS, TITLE_HEIGHT + rows * height];
  const drawn = panels.map((panel, number) => {
    const [left, top] = [(number % COLUMNS) * WIDTH, TITLE_HEIGHT + Math.floor(number / COLUMNS) * height];
    return `<g transform="translate(${left} ${top})">\n${drawPanel(panel)}\n</g>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<text class="title" x="14" y="23">${escaped(title)}</text>
${drawn.join("\n")}
</svg>
`;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, svg);
}

function drawPanel({ title, x, y, series }) {
  const kept = series.map(({ name, points }) => ({ name, points: points.filter(([at, value]) => at > 0 && value > 0) }));
  const all = kept.flatMap(({ points }) => points);
  const [across, up] = [decades(all.map(([at]) => at)), decades(all.map(([, value]) => value))];
  const bottom = HEIGHT - MARGIN.bottom;
  const scaleX = scale(across, MARGIN.left, WIDTH - MARGIN.right);
  const scaleY = scale(up, bottom, MARGIN.top);
  const parts = [`<text class="panel" x="14" y="20">${escaped(title)}</text>`];
  for (const power of steps(across)) {
    const at = scaleX(10 ** power);
    parts.push(`<line class="grid" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${bottom}"/>`, text(at, bottom + 15, short(10 ** power), "middle"));
  }
  for (const power of steps(up)) {
    const at = scaleY(10 ** power);
    parts.push(`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/>`, text(MARGIN.left - 6, at + 4, short(10 ** power), "end"));
  }
  parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, bottom + 31, x, "middle"), text(MARGIN.left - 6, MARGIN.top - 6, y, "end"));
  kept.forEach(({ name, points }, number) => parts.push(...drawSeries(name, points, number % COLORS, number, { scaleX, scaleY, up })));
  return parts.join("\n");
}

function drawSeries(name, points, color, place, { scaleX, scaleY, up }) {
  const at = ([x, y]) => `${scaleX(x)},${scaleY(y)}`;
  const legend = HEIGHT + 6 + place * LEGEND_LINE;
  const parts = [`<line class="s${color}" x1="${MARGIN.left}" x2="${MARGIN.left + 16}" y1="${legend - 4}" y2="${legend - 4}"/>`, text(MARGIN.left + 22, legend, name)];
  if (points.length === 0) return parts;
  const dots = points.map((point) => `<circle class="p${color}" cx="${scaleX(point[0])}" cy="${scaleY(point[1])}" r="3"/>`);
  const linear = inProportion(points, up);
  if (linear) parts.push(`<polyline class="linear" points="${linear.map(at).join(" ")}"/>`);
  return [...parts, `<polyline class="s${color}" points="${points.map(at).join(" ")}"/>`, ...dots];
}

/** From the first point to where cost would be in proportion, as far as it is on the panel. */
function inProportion(points, [, top]) {
  const [[x0, y0], [x1]] = [points[0], points.at(-1)];
  const end = Math.min(x1, (x0 * 10 ** top) / y0);
  return end > x0 ? [[x0, y0], [end, (y0 * end) / x0]] : null;
}

/** The powers of ten around the values. */
function decades(values) {
  if (values.length === 0) return [0, 1];
  const [least, most] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  return [least, Math.max(most, least + 1)];
}

function steps([least, most]) {
  return Array.from({ length: most - least + 1 }, (_, step) => least + step);
}

function scale([least, most], from, to) {
  return (value) => Number((from + ((Math.log10(value) - least) / (most - least)) * (to - from)).toFixed(1));
}

function text(x, y, words, anchor = "start") {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** `10k`, `0.1`. */
function short(value) {
  if (value >= 1e9) return `${Math.round(value / 1e9)}G`;
  if (value >= 1e6) return `${Math.round(value / 1e6)}M`;
  if (value >= 1e3) return `${Math.round(value / 1e3)}k`;
  return String(Number(value.toPrecision(1)));
}

function escaped(words) {
  return String(words).replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
}
