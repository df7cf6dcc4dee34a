"""The official Python SDK `anthropic`, sync and async. Usage: anthropic_py.py BASE_URL"""

import base64

import anthropic

from scenarios import IMAGE_BYTES, each, end_to_end, main, opened, scenario, settled

HELLO = [{"role": "user", "content": "Hello, wörld 🙂"}]
ASK = {"model": "claude-scripted", "max_tokens": 1024, "messages": HELLO}
WEATHER = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
THINKING = {"type": "enabled", "budget_tokens": 1024}


async def ask(client, report, **more):
    message = await settled(client.messages.create(**{**ASK, **more}))
    report["message"] = message.to_dict()
    report["request_id"] = message._request_id
    return message


async def ask_raw_stream(client, report, **more):
    report["events"], report["text"] = [], ""
    stream = await settled(client.messages.create(**{**ASK, **more}, stream=True))
    async for event in each(stream):
        report["events"].append(event.type)
        if event.type == "content_block_delta" and event.delta.type == "text_delta":
            report["text"] += event.delta.text


async def ask_stream_helper(client, report, **more):
    report["events"] = []
    async with opened(client.messages.stream(**{**ASK, **more})) as stream:
        async for event in each(stream):
            report["events"].append(event.type)
        message = await settled(stream.get_final_message())
    report["message"] = message.to_dict()
    return message


def add_tool_result(messages, message):
    use = next(block for block in message.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": use.id, "content": f"18 °C in {use.input['city']}"}
    return [
        *messages,
        {"role": "assistant", "content": [block.to_dict() for block in message.content]},
        {"role": "user", "content": [result]},
    ]


# First, because it waits longest: the limit must be no matter of how busy the machine is.
@scenario("never")
async def times_out(client, report):
    await ask(client.with_options(timeout=5, max_retries=0), report)


@scenario("plain")
async def plain(client, report):
    await ask(client, report, system="Be brief.", metadata={"user_id": "user-1"}, stop_sequences=["END"])


@scenario("plain")
async def response_headers(client, report):
    response = await settled(client.messages.with_raw_response.create(**ASK))
    report["headers"] = end_to_end(response.headers)
    report["status"] = response.status_code
    report["retries"] = response.retries_taken


@scenario("plain")
async def own_header_and_query(client, report):
    await ask(
        client,
        report,
        extra_headers={"anthropic-beta": "one-2025-01-01,two-2025-02-02", "x-own": "a b"},
        extra_query={"beta": "true", "odd": "a/b?c&d=é'~"},
        extra_body={"unknown_field": {"nested": [1, 2.50, None]}},
    )


@scenario("plain")
async def beta_messages(client, report):
    message = await settled(client.beta.messages.create(**ASK, betas=["context-1m-2025-08-07"]))
    report["message"] = message.to_dict()


@scenario("plain")
async def raw_stream(client, report):
    await ask_raw_stream(client, report)


@scenario("plain")
async def stream_helper(client, report):
    await ask_stream_helper(client, report)


@scenario("plain")
async def text_stream(client, report):
    async with opened(client.messages.stream(**ASK)) as stream:
        report["pieces"] = [piece async for piece in each(stream.text_stream)]


@scenario("plain")
async def thinking(client, report):
    await ask(client, report, max_tokens=2048, thinking=THINKING)


@scenario("plain")
async def thinking_stream(client, report):
    await ask_stream_helper(client, report, max_tokens=2048, thinking=THINKING)


@scenario("plain")
async def tools(client, report):
    report["first"], report["second"] = {}, {}
    message = await ask(client, report["first"], tools=[WEATHER])
    await ask(client, report["second"], tools=[WEATHER], messages=add_tool_result(HELLO, message))


@scenario("plain")
async def tools_stream(client, report):
    report["first"], report["second"] = {}, {}
    message = await ask_stream_helper(client, report["first"], tools=[WEATHER])
    await ask_stream_helper(client, report["second"], tools=[WEATHER], messages=add_tool_result(HELLO, message))


@scenario("plain")
async def image(client, report):
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(IMAGE_BYTES).decode()}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    await ask(client, report, messages=[{"role": "user", "content": content}])


@scenario("plain")
async def count_tokens(client, report):
    count = await settled(client.messages.count_tokens(model="claude-scripted", messages=HELLO))
    report["count"] = count.to_dict()


@scenario("plain")
async def models_in_two_pages(client, report):
    pages = client.models.list(limit=1)
    report["models"] = [model.id async for model in each(pages)]


@scenario("gzip")
async def gzip(client, report):
    await ask(client, report)


@scenario("gzip")
async def gzip_stream(client, report):
    await ask_raw_stream(client, report)


@scenario("torn")
async def torn_stream(client, report):
    await ask_stream_helper(client, report)


@scenario("paced")
async def paced_stream(client, report):
    await ask_raw_stream(client, report)


@scenario("silent")
async def silent_stream(client, report):
    await ask_raw_stream(client, report)


@scenario("late")
async def late(client, report):
    await ask(client, report)


@scenario("big")
async def big(client, report):
    await ask(client, report)


@scenario("big")
async def big_stream(client, report):
    await ask_stream_helper(client, report)


@scenario("plain")
async def big_request(client, report):
    await ask(client, report, messages=[{"role": "user", "content": "é🙂" * 700_000}])


@scenario("silent")
async def leaves_early(client, report):
    stream = await settled(client.messages.create(**ASK, stream=True))
    async for event in each(stream):
        report["event"] = event.type
        break
    await settled(stream.close())


@scenario("bad-request")
async def bad_request(client, report):
    await ask(client, report)


@scenario("unauthorized")
async def unauthorized(client, report):
    await ask_raw_stream(client, report)


@scenario("not-found")
async def not_found(client, report):
    await ask(client, report)


@scenario("rate-limited-once")
async def rate_limited_once(client, report):
    await ask(client, report)


@scenario("overloaded-twice")
async def overloaded_twice(client, report):
    await ask(client, report)


@scenario("overloaded-twice")
async def overloaded_twice_stream(client, report):
    await ask_stream_helper(client, report)


@scenario("server-error")
async def server_error(client, report):
    await ask(client, report)


@scenario("server-error-final")
async def server_error_final(client, report):
    await ask(client, report)


@scenario("cut")
async def cut(client, report):
    await ask(client, report)


@scenario("cut")
async def cut_stream(client, report):
    await ask_raw_stream(client, report)


@scenario("cut")
async def cut_stream_helper(client, report):
    await ask_stream_helper(client, report)


@scenario("error-event")
async def error_event(client, report):
    await ask_raw_stream(client, report)


if __name__ == "__main__":
    main(
        {
            "sync": lambda url: anthropic.Anthropic(base_url=url, api_key="sk-ant-scripted"),
            "async": lambda url: anthropic.AsyncAnthropic(base_url=url, api_key="sk-ant-scripted"),
        }
    )
