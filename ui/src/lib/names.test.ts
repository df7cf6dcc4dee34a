import { expect, test } from "vitest";

import { clientName, modelName, providerClass } from "./names";

test("what is not known keeps its own name", () => {
  expect(["claude-code", "my-agent", null].map(clientName)).toEqual(["Claude Code", "my-agent", "–"]);
  expect(["gemini", "elsewhere"].map(providerClass)).toEqual(["provider-gemini", "provider-other"]);
});

test("models are shown without the date of their version", () => {
  expect(
    ["claude-sonnet-4-5-20250929", "gpt-4o-2024-08-06", "gpt-4.1", "models/gemini-3-pro", "o3-1234"].map(modelName),
  ).toEqual(["claude-sonnet-4-5", "gpt-4o", "gpt-4.1", "gemini-3-pro", "o3-1234"]);
});
