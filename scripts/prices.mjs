// `node scripts/prices.mjs FILE VERSION DATE`: makes the embedded price list of a price file of
// genai-prices (schema v2, `data.json` or `data_slim.json`). Where the file comes from, and how to
// get it out of the package, stands in the NOTICE beside the list.

import { readFileSync, writeFileSync } from "node:fs";

const FOLDER = new URL("../src-tauri/src/provider/prices/data/", import.meta.url);

/** Whose prices are kept: those whose APIs the proxy reads, and hosts that speak them too. */
const PROVIDERS = [
  "anthropic", "openai", "google", "aws", "azure", "openrouter", "groq", "deepseek", "mistral", "x-ai", "together",
  "fireworks", "cerebras", "moonshotai", "minimax", "zai", "zhipuai", "cohere", "novita",
];

/** The prices that the proxy has token counts for. */
const COUNTED = ["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"];

/** Prices of what is not counted and is rare beside tokens: searches that the provider runs, and audio in a prompt. */
const PASSED_OVER = ["web_searches_kcount", "storage_searches_kcount", "input_audio_mtok", "cache_audio_read_mtok"];

const [file, version, date] = process.argv.slice(2);
if (!file || !/^\d+\.\d+\.\d+$/.test(version ?? "") || !/^\d{4}-\d{2}-\d{2}$/.test(date ?? "")) {
  console.error("usage: node scripts/prices.mjs FILE VERSION DATE, such as data.json 0.2.3 2026-11-23");
  process.exit(2);
}
const input = JSON.parse(readFileSync(file, "utf8"));
const all = Array.isArray(input) ? input : input.providers;
const providers = PROVIDERS.map((id) => provider(all.find((one) => one.id === id) ?? fail(`no provider ${id}`)));
writeFileSync(new URL("genai-prices.json", FOLDER), text(providers));
console.log(`${providers.length} providers, ${providers.flatMap((one) => one.models).length} models`);

function provider({ id, api_pattern, fallback_model_providers = [], models }) {
  return { id, api_pattern, fallback_model_providers, models: models.map(model) };
}

function model({ id, match, prices }) {
  const dated = Array.isArray(prices) ? prices : [{ prices }];
  return { id, match: clause(match), prices: dated.map(({ constraint, prices }) => conditional(constraint, prices)) };
}

/** A price with parts that are not counted would be wrong: it is left empty, and the model has none. */
function conditional(constraint, prices) {
  const keys = Object.keys(prices).filter((key) => prices[key] !== null);
  const whole = keys.every((key) => COUNTED.includes(key) || PASSED_OVER.includes(key));
  const counted = whole ? keys.filter((key) => COUNTED.includes(key)) : [];
  const kept = Object.fromEntries(counted.map((key) => [key, prices[key]]));
  return constraint ? { constraint: condition(constraint), prices: kept } : { prices: kept };
}

function condition({ start_date, start_time, end_time }) {
  return start_date ? { start_date } : { start_time: utc(start_time), end_time: utc(end_time) };
}

function utc(time) {
  return time.match(/^(\d\d:\d\d:\d\d)(Z|\+00:00)?$/)?.[1] ?? fail(`${time} is not in UTC`);
}

/** Texts are compared in lower case. The proxy's regular expressions cannot look ahead: "not this" has a clause. */
function clause(match) {
  const [[kind, value]] = Object.entries(match);
  if (kind === "or" || kind === "and") return { [kind]: value.map(clause) };
  if (kind !== "regex") return { [kind]: value.toLowerCase() };
  const without = value.match(/^\^\(\?!\.\*(.*)\)$/)?.[1];
  if (/\(\?[=!<]/.test(without ?? value)) fail(`the proxy cannot match ${value}`);
  return without ? { not: { regex: without } } : { regex: value };
}

/** A line for each model, so that a newer list shows what changed. */
function text(providers) {
  const block = ({ models, ...provider }) => {
    const head = JSON.stringify(provider).slice(0, -1);
    return `${head},"models":[\n${models.map((model) => JSON.stringify(model)).join(",\n")}\n]}`;
  };
  const head = `"source":"genai-prices","version":${JSON.stringify(version)},"date":${JSON.stringify(date)}`;
  return `{${head},"providers":[\n${providers.map(block).join(",\n")}\n]}\n`;
}

function fail(problem) {
  console.error(problem);
  process.exit(1);
}
