// A server that nobody may ask: it counts who does.

import http from "node:http";
import { once } from "node:events";

/** `asked` holds the paths that were asked for, and a word for each connection. `pages` are answered without a policy. */
export async function startCanary(pages = {}) {
  const asked = [];
  const server = http.createServer((request, response) => {
    const page = pages[request.url];
    if (page === undefined) asked.push(request.url);
    response.writeHead(200, { "Content-Type": "text/html", "Access-Control-Allow-Origin": "*" });
    response.end(page ?? "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { origin, asked, stop };
}
