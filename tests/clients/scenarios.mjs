// Runs scenarios with an unmodified SDK and prints one JSON object a line for each.
//
// A scenario fills a report as it goes, so what it had seen before an error is reported too.
// Nothing in a report depends on time, ports or chance.

import { createHash } from "node:crypto";

// A stand-in for an image: the upstream answers with its type and size.
export const IMAGE_BYTES = Buffer.alloc(102_400, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));

// Texts above this many characters are reported by their hash.
const LONGEST_TEXT = 2000;

// What a connection adds: it differs by time, and between one hop and two.
const CONNECTION_HEADERS = ["connection", "date", "keep-alive", "transfer-encoding"];

const RUN_TOGETHER = 8;

export function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The fields of a response as sorted pairs, `set-cookie` apart. */
export function endToEnd(headers) {
  return [...headers].filter(([name]) => !CONNECTION_HEADERS.includes(name)).sort();
}

/** Runs `[upstream scenario, function]` pairs; `makeClient` makes a client from a base URL. */
export async function main(makeClient, scenarios) {
  const baseUrl = process.argv[2];
  const lines = new Array(scenarios.length);
  let next = 0;
  const worker = async () => {
    while (next < scenarios.length) {
      const index = next++;
      lines[index] = await run(baseUrl, makeClient, ...scenarios[index]);
    }
  };
  await Promise.all(Array.from({ length: RUN_TOGETHER }, worker));
  for (const line of lines) console.log(JSON.stringify(line));
}

async function run(baseUrl, makeClient, upstream, scenario) {
  const report = {};
  let error = null;
  try {
    await scenario(makeClient(`${baseUrl}/scenario/${upstream}/${scenario.name}`), report);
  } catch (raised) {
    error = described(raised);
  }
  return { scenario: scenario.name, ok: error === null, result: shortened(report), error };
}

function described(error) {
  return {
    class: error.constructor.name,
    cause: error.cause?.message ?? null,
    code: error.code ?? error.cause?.cause?.code ?? null,
    status: error.status ?? null,
    message: error.message,
    body: error.error ?? null,
    request_id: error.requestID ?? null,
  };
}

function shortened(value) {
  if (typeof value === "string" && value.length > LONGEST_TEXT) {
    return `${value.length} characters, sha256 ${sha256(value)}`;
  }
  if (Array.isArray(value)) return value.map(shortened);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}
