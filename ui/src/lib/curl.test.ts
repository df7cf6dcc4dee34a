import { expect, test } from "vitest";

import { curlCommand } from "./curl";

const request = {
  method: "POST",
  upstream: "api.anthropic.com",
  path: "/v1/messages",
  query: "beta=true",
  headers: { host: ["x"], "x-api-key": ["[redacted:anthropic-key:9f3a]"], "anthropic-version": ["2023-06-01"] },
  body: `{"a":"it's"}`,
};

test("a redacted key becomes the shell's variable, outside of single quotes", () => {
  const command = curlCommand(request, "anthropic");
  expect(command).toContain(`-H "x-api-key: $ANTHROPIC_API_KEY"`);
  expect(command).toContain(`-H 'anthropic-version: 2023-06-01'`);
  expect(command).not.toContain("redacted");
  expect(command).not.toContain("host:");
});

test("nothing in a body leaves its quotes", () => {
  expect(curlCommand(request, "anthropic")).toContain(`--data-binary '{"a":"it'\\''s"}'`);
  expect(curlCommand({ ...request, path: "/$(id)" }, "anthropic")).toContain(`'https://api.anthropic.com/$(id)?beta=true'`);
});

test("a sign-in keeps its scheme, and only loopback is asked in plain", () => {
  const signedIn = { ...request, headers: { authorization: ["Bearer [redacted:jwt:1]"] }, upstream: "127.0.0.1:9901" };
  const command = curlCommand(signedIn, "openai");
  expect(command).toContain(`"authorization: Bearer $OPENAI_API_KEY"`);
  expect(command).toContain("'http://127.0.0.1:9901/v1/messages");
});
