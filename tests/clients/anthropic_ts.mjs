// The official SDK `@anthropic-ai/sdk` on Node. Usage: anthropic_ts.mjs BASE_URL

import Anthropic from "@anthropic-ai/sdk";

import { IMAGE_BYTES, endToEnd, main } from "./scenarios.mjs";

const HELLO = [{ role: "user", content: "Hello, wörld 🙂" }];
const ASK = { model: "claude-scripted", max_tokens: 1024, messages: HELLO };
const WEATHER = {
  name: "weather",
  description: "The weather in a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const THINKING = { max_tokens: 2048, thinking: { type: "enabled", budget_tokens: 1024 } };

async function ask(client, report, more = {}, options = {}) {
  const message = await client.messages.create({ ...ASK, ...more }, options);
  report.message = message;
  report.request_id = message._request_id;
  return message;
}

async function askRawStream(client, report, more = {}) {
  report.events = [];
  report.text = "";
  const stream = await client.messages.create({ ...ASK, ...more, stream: true });
  for await (const event of stream) {
    report.events.push(event.type);
    if (event.delta?.type === "text_delta") report.text += event.delta.text;
  }
}

async function askStreamHelper(client, report, more = {}) {
  report.events = [];
  const stream = client.messages.stream({ ...ASK, ...more });
  for await (const event of stream) report.events.push(event.type);
  report.message = await stream.finalMessage();
  return report.message;
}

function addToolResult(messages, message) {
  const use = message.content.find((block) => block.type === "tool_use");
  const result = { type: "tool_result", tool_use_id: use.id, content: `18 °C in ${use.input.city}` };
  return [...messages, { role: "assistant", content: message.content }, { role: "user", content: [result] }];
}

async function plain(client, report) {
  await ask(client, report, { system: "Be brief.", metadata: { user_id: "user-1" }, stop_sequences: ["END"] });
}

async function response_headers(client, report) {
  const { response, request_id } = await client.messages.create(ASK).withResponse();
  report.headers = endToEnd(response.headers);
  report.status = response.status;
  report.request_id = request_id;
}

async function own_header_and_query(client, report) {
  await ask(client, report, { unknown_field: { nested: [1, 2.5, null] } }, {
    headers: { "anthropic-beta": "one-2025-01-01,two-2025-02-02", "x-own": "a b" },
    query: { beta: "true", odd: "a/b?c&d=é'~" },
  });
}

async function beta_messages(client, report) {
  report.message = await client.beta.messages.create({ ...ASK, betas: ["context-1m-2025-08-07"] });
}

async function raw_stream(client, report) {
  await askRawStream(client, report);
}

async function stream_helper(client, report) {
  await askStreamHelper(client, report);
}

async function thinking(client, report) {
  await ask(client, report, THINKING);
}

async function thinking_stream(client, report) {
  await askStreamHelper(client, report, THINKING);
}

async function tools(client, report) {
  const message = await ask(client, (report.first = {}), { tools: [WEATHER] });
  await ask(client, (report.second = {}), { tools: [WEATHER], messages: addToolResult(HELLO, message) });
}

async function tools_stream(client, report) {
  const message = await askStreamHelper(client, (report.first = {}), { tools: [WEATHER] });
  await askStreamHelper(client, (report.second = {}), { tools: [WEATHER], messages: addToolResult(HELLO, message) });
}

async function image(client, report) {
  const source = { type: "base64", media_type: "image/png", data: IMAGE_BYTES.toString("base64") };
  const content = [{ type: "image", source }, { type: "text", text: "What is this?" }];
  await ask(client, report, { messages: [{ role: "user", content }] });
}

async function count_tokens(client, report) {
  report.count = await client.messages.countTokens({ model: "claude-scripted", messages: HELLO });
}

async function models_in_two_pages(client, report) {
  report.models = [];
  for await (const model of client.models.list({ limit: 1 })) report.models.push(model.id);
}

async function gzip(client, report) {
  await ask(client, report);
}

async function gzip_stream(client, report) {
  await askRawStream(client, report);
}

async function brotli(client, report) {
  await ask(client, report);
}

async function brotli_stream(client, report) {
  await askRawStream(client, report);
}

async function torn_stream(client, report) {
  await askStreamHelper(client, report);
}

async function paced_stream(client, report) {
  await askRawStream(client, report);
}

async function silent_stream(client, report) {
  await askRawStream(client, report);
}

async function late(client, report) {
  await ask(client, report);
}

async function big(client, report) {
  await ask(client, report);
}

async function big_stream(client, report) {
  await askRawStream(client, report);
}

async function big_request(client, report) {
  await ask(client, report, { messages: [{ role: "user", content: "é🙂".repeat(700_000) }] });
}

async function leaves_early(client, report) {
  const stream = await client.messages.create({ ...ASK, stream: true });
  for await (const event of stream) {
    report.event = event.type;
    break;
  }
}

async function times_out(client, report) {
  await ask(client, report, {}, { timeout: 5000, maxRetries: 0 });
}

async function bad_request(client, report) {
  await ask(client, report);
}

async function unauthorized(client, report) {
  await askRawStream(client, report);
}

async function not_found(client, report) {
  await ask(client, report);
}

async function rate_limited_once(client, report) {
  await ask(client, report);
}

async function overloaded_twice(client, report) {
  await ask(client, report);
}

async function overloaded_twice_stream(client, report) {
  await askStreamHelper(client, report);
}

async function server_error(client, report) {
  await ask(client, report);
}

async function server_error_final(client, report) {
  await ask(client, report);
}

async function cut(client, report) {
  await ask(client, report);
}

async function cut_stream(client, report) {
  await askRawStream(client, report);
}

async function cut_stream_helper(client, report) {
  await askStreamHelper(client, report);
}

async function error_event(client, report) {
  await askRawStream(client, report);
}

await main((baseURL) => new Anthropic({ baseURL, apiKey: "sk-ant-scripted" }), [
  // First, because it waits longest: the limit must be no matter of how busy the machine is.
  ["never", times_out],
  ["plain", plain],
  ["plain", response_headers],
  ["plain", own_header_and_query],
  ["plain", beta_messages],
  ["plain", raw_stream],
  ["plain", stream_helper],
  ["plain", thinking],
  ["plain", thinking_stream],
  ["plain", tools],
  ["plain", tools_stream],
  ["plain", image],
  ["plain", count_tokens],
  ["plain", models_in_two_pages],
  ["plain", big_request],
  ["gzip", gzip],
  ["gzip", gzip_stream],
  ["br", brotli],
  ["br", brotli_stream],
  ["torn", torn_stream],
  ["paced", paced_stream],
  ["silent", silent_stream],
  ["silent", leaves_early],
  ["late", late],
  ["big", big],
  ["big", big_stream],
  ["bad-request", bad_request],
  ["unauthorized", unauthorized],
  ["not-found", not_found],
  ["rate-limited-once", rate_limited_once],
  ["overloaded-twice", overloaded_twice],
  ["overloaded-twice", overloaded_twice_stream],
  ["server-error", server_error],
  ["server-error-final", server_error_final],
  ["cut", cut],
  ["cut", cut_stream],
  ["cut", cut_stream_helper],
  ["error-event", error_event],
]);
