// A provider to stand behind the real proxy: each answer is sent when the test says so.

import http from "node:http";
import { once } from "node:events";
import { writeFileSync } from "node:fs";

import { anthropicStream } from "./wire.mjs";

/** The provider, and a configuration in `home` that has the proxy ask it in place of the real one. */
export async function startUpstream(home) {
  const waiting = [];
  const arrivals = [];
  const server = http.createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const arrival = arrivals.shift();
      if (arrival) arrival(response);
      else waiting.push(response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  writeFileSync(home.configFile, `[upstreams]\n"api.anthropic.com" = "http://127.0.0.1:${server.address().port}"\n`, { mode: 0o600 });

  /** The next request, once it is there: `begin` sends the answer's head and first half, `end` the rest. */
  const nextRequest = async () => {
    const response = waiting.shift() ?? (await new Promise((resolve) => arrivals.push(resolve)));
    let rest = [];
    const send = (chunks) => chunks.forEach(({ raw }) => response.write(raw));
    const begin = (text) => {
      const { status, headers, chunks } = anthropicStream({
        id: "msg_live", model: "claude-sonnet-4-5-20250929", blocks: [{ type: "text", text }], usage: { input_tokens: 11, output_tokens: 7 },
      });
      response.writeHead(status, headers);
      const half = chunks.length >> 1;
      send(chunks.slice(0, half));
      rest = chunks.slice(half);
    };
    const end = () => {
      send(rest);
      response.end();
    };
    return { begin, end };
  };
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { nextRequest, stop };
}

/** Asks the proxy as a client would. Resolves, once the answer is there whole, to its text. */
export function ask(proxy, messages, headers = {}) {
  const body = JSON.stringify({ model: "claude-sonnet-4-5-20250929", max_tokens: 100, stream: true, messages });
  return new Promise((resolve, reject) => {
    const request = http.request(`${proxy.origin}/anthropic/v1/messages`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), "User-Agent": "claude-cli/2.1.330 (external, cli)", ...headers },
    });
    request.on("error", reject).on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => (text += piece)).on("end", () => resolve(text)).on("error", reject);
    });
    request.end(body);
  });
}
