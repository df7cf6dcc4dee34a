// The official SDK `openai` on Node. Usage: openai_ts.mjs BASE_URL

import OpenAI, { toFile } from "openai";

import { IMAGE_BYTES, endToEnd, main, sha256 } from "./scenarios.mjs";

const HELLO = [{ role: "user", content: "Hello, wörld 🙂" }];
const CHAT = { model: "gpt-scripted", messages: HELLO };
const ASK = { model: "gpt-scripted", input: "Hello, wörld 🙂" };
const PARAMETERS = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const CHAT_WEATHER = { type: "function", function: { name: "weather", parameters: PARAMETERS } };
const WEATHER = { type: "function", name: "weather", parameters: PARAMETERS, strict: false };
const DATA_URL = `data:image/png;base64,${IMAGE_BYTES.toString("base64")}`;

async function chat(client, report, more = {}, options = {}) {
  const completion = await client.chat.completions.create({ ...CHAT, ...more }, options);
  report.completion = completion;
  report.request_id = completion._request_id;
  return completion.choices[0].message;
}

async function chatRawStream(client, report, more = {}) {
  report.deltas = [];
  const stream = await client.chat.completions.create({ ...CHAT, ...more, stream: true });
  for await (const chunk of stream) report.deltas.push(chunk);
}

async function chatStreamHelper(client, report, more = {}) {
  report.deltas = [];
  const stream = client.chat.completions.stream({ ...CHAT, ...more });
  for await (const chunk of stream) report.deltas.push(chunk);
  report.completion = await stream.finalChatCompletion();
  return report.completion.choices[0].message;
}

async function respond(client, report, more = {}) {
  report.response = await client.responses.create({ ...ASK, ...more });
  return report.response;
}

async function respondRawStream(client, report, more = {}) {
  report.events = [];
  const stream = await client.responses.create({ ...ASK, ...more, stream: true });
  for await (const event of stream) report.events.push(event.type);
}

async function respondStreamHelper(client, report, more = {}) {
  report.events = [];
  const stream = client.responses.stream({ ...ASK, ...more });
  for await (const event of stream) report.events.push(event.type);
  report.response = await stream.finalResponse();
  return report.response;
}

function withChatResult(message) {
  return [...HELLO, message, { role: "tool", tool_call_id: message.tool_calls[0].id, content: "18 °C" }];
}

function resultItem(response) {
  const call = response.output.find((item) => item.type === "function_call");
  return { type: "function_call_output", call_id: call.call_id, output: "18 °C" };
}

async function chat_plain(client, report) {
  await chat(client, report, { user: "user-1", temperature: 0.5, seed: 7 });
}

async function response_headers(client, report) {
  const { response, request_id } = await client.chat.completions.create(CHAT).withResponse();
  report.headers = endToEnd(response.headers);
  report.status = response.status;
  report.request_id = request_id;
}

async function own_header_and_query(client, report) {
  await chat(client, report, { unknown_field: { nested: [1, 2.5, null] } }, {
    headers: { "openai-beta": "one=v1", "x-own": "a b" },
    query: { "api-version": "1", odd: "a/b?c&d=é'~" },
  });
}

async function chat_stream(client, report) {
  await chatRawStream(client, report);
}

async function chat_stream_with_usage(client, report) {
  await chatRawStream(client, report, { stream_options: { include_usage: true } });
}

async function chat_helper(client, report) {
  await chatStreamHelper(client, report);
}

async function chat_tools(client, report) {
  const message = await chat(client, (report.first = {}), { tools: [CHAT_WEATHER] });
  await chat(client, (report.second = {}), { tools: [CHAT_WEATHER], messages: withChatResult(message) });
}

async function chat_tools_helper(client, report) {
  const message = await chatStreamHelper(client, (report.first = {}), { tools: [CHAT_WEATHER] });
  await chatRawStream(client, (report.second = {}), { tools: [CHAT_WEATHER], messages: withChatResult(message) });
}

async function chat_image(client, report) {
  const content = [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: DATA_URL } }];
  await chat(client, report, { messages: [{ role: "user", content }] });
}

async function responses_chain(client, report) {
  const first = await respond(client, (report.first = {}), { instructions: "Be brief." });
  await respond(client, (report.second = {}), { previous_response_id: first.id, input: "And now?" });
}

async function responses_stream(client, report) {
  await respondRawStream(client, report);
}

async function responses_helper(client, report) {
  await respondStreamHelper(client, report);
}

async function responses_reasoning(client, report) {
  await respondStreamHelper(client, report, { reasoning: { effort: "low", summary: "auto" } });
}

async function responses_tools(client, report) {
  const first = await respondStreamHelper(client, (report.first = {}), { tools: [WEATHER] });
  const more = { previous_response_id: first.id, input: [resultItem(first)] };
  await respond(client, (report.second = {}), { tools: [WEATHER], ...more });
}

async function responses_image(client, report) {
  const content = [
    { type: "input_text", text: "What is this?" },
    { type: "input_image", image_url: DATA_URL, detail: "auto" },
  ];
  await respond(client, report, { input: [{ role: "user", content }] });
}

async function embeddings(client, report) {
  report.embeddings = await client.embeddings.create({ model: "embed-scripted", input: ["one", "wörld"] });
}

async function models(client, report) {
  report.models = [];
  for await (const model of client.models.list()) report.models.push(model);
}

async function file_upload(client, report) {
  const file = await toFile(IMAGE_BYTES, "all-bytes.bin");
  report.file = await client.files.create({ file, purpose: "user_data" });
}

async function file_download(client, report) {
  const response = await client.files.content("file_1");
  report.sha256 = sha256(Buffer.from(await response.arrayBuffer()));
}

async function gzip(client, report) {
  await chat(client, report);
}

async function gzip_stream(client, report) {
  await respondStreamHelper(client, report);
}

async function brotli(client, report) {
  await respond(client, report);
}

async function brotli_stream(client, report) {
  await chatRawStream(client, report);
}

async function torn_stream(client, report) {
  await chatRawStream(client, report);
}

async function paced_stream(client, report) {
  await respondRawStream(client, report);
}

async function silent_stream(client, report) {
  await chatRawStream(client, report);
}

async function leaves_early(client, report) {
  const stream = await client.chat.completions.create({ ...CHAT, stream: true });
  for await (const chunk of stream) {
    report.chunk = chunk;
    break;
  }
}

async function late(client, report) {
  await chat(client, report);
}

async function times_out(client, report) {
  await chat(client, report, {}, { timeout: 5000, maxRetries: 0 });
}

async function big(client, report) {
  await chat(client, report);
}

async function big_stream(client, report) {
  await respondRawStream(client, report);
}

async function bad_request(client, report) {
  await chat(client, report);
}

async function unauthorized(client, report) {
  await respondRawStream(client, report);
}

async function not_found(client, report) {
  await chat(client, report);
}

async function rate_limited_once(client, report) {
  await chat(client, report);
}

async function overloaded_twice(client, report) {
  await respond(client, report);
}

async function overloaded_twice_stream(client, report) {
  await chatRawStream(client, report);
}

async function server_error(client, report) {
  await chat(client, report);
}

async function server_error_final(client, report) {
  await chat(client, report);
}

async function cut(client, report) {
  await chat(client, report);
}

async function cut_stream(client, report) {
  await chatRawStream(client, report);
}

async function cut_stream_helper(client, report) {
  await respondStreamHelper(client, report);
}

async function error_event(client, report) {
  await chatRawStream(client, report);
}

async function responses_error_event(client, report) {
  await respondRawStream(client, report);
}

await main((baseURL) => new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "sk-scripted" }), [
  // First, because it waits longest: the limit must be no matter of how busy the machine is.
  ["never", times_out],
  ["plain", chat_plain],
  ["plain", response_headers],
  ["plain", own_header_and_query],
  ["plain", chat_stream],
  ["plain", chat_stream_with_usage],
  ["plain", chat_helper],
  ["plain", chat_tools],
  ["plain", chat_tools_helper],
  ["plain", chat_image],
  ["plain", responses_chain],
  ["plain", responses_stream],
  ["plain", responses_helper],
  ["plain", responses_reasoning],
  ["plain", responses_tools],
  ["plain", responses_image],
  ["plain", embeddings],
  ["plain", models],
  ["plain", file_upload],
  ["plain", file_download],
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
  ["error-event", responses_error_event],
]);
