import { expect, test } from "vitest";

import { read } from "./fetch";

test("an answer is what the host says", async () => {
  expect(await read(new Response('{"port":12071}'))).toEqual({ port: 12071 });
  expect(await read(new Response("null"))).toBeNull();
});

test("a refusal is told in the host's own words, JSON or not", async () => {
  const refused = new Response('{"error":"bad_call","message":"no such key"}', { status: 400 });
  await expect(read(refused)).rejects.toMatchObject({ kind: "bad_call", message: "no such key" });
  const locked = new Response("Open the link that was printed.", { status: 401 });
  await expect(read(locked)).rejects.toMatchObject({ kind: "refused", message: "Open the link that was printed." });
  await expect(read(new Response("", { status: 502 }))).rejects.toMatchObject({ message: /502/ });
});
