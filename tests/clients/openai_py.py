"""The official Python SDK `openai`, sync and async. Usage: openai_py.py BASE_URL"""

import base64
import hashlib

import openai

from scenarios import IMAGE_BYTES, each, end_to_end, main, opened, scenario, settled

HELLO = [{"role": "user", "content": "Hello, wörld 🙂"}]
CHAT = {"model": "gpt-scripted", "messages": HELLO}
ASK = {"model": "gpt-scripted", "input": "Hello, wörld 🙂"}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_WEATHER = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
WEATHER = {"type": "function", "name": "weather", "parameters": PARAMETERS}
DATA_URL = f"data:image/png;base64,{base64.b64encode(IMAGE_BYTES).decode()}"


async def chat(client, report, **more):
    completion = await settled(client.chat.completions.create(**{**CHAT, **more}))
    report["completion"] = completion.to_dict()
    report["request_id"] = completion._request_id
    return completion.choices[0].message


async def chat_raw_stream(client, report, **more):
    report["deltas"] = []
    stream = await settled(client.chat.completions.create(**{**CHAT, **more}, stream=True))
    async for chunk in each(stream):
        report["deltas"].append(chunk.to_dict())


async def chat_stream_helper(client, report, **more):
    report["events"] = []
    async with opened(client.chat.completions.stream(**{**CHAT, **more})) as stream:
        async for event in each(stream):
            report["events"].append(event.type)
        completion = await settled(stream.get_final_completion())
    report["completion"] = completion.to_dict()
    return completion.choices[0].message


async def respond(client, report, **more):
    response = await settled(client.responses.create(**{**ASK, **more}))
    report["response"] = response.to_dict()
    return response


async def respond_raw_stream(client, report, **more):
    report["events"] = []
    stream = await settled(client.responses.create(**{**ASK, **more}, stream=True))
    async for event in each(stream):
        report["events"].append(event.type)


async def respond_stream_helper(client, report, **more):
    report["events"] = []
    async with opened(client.responses.stream(**{**ASK, **more})) as stream:
        async for event in each(stream):
            report["events"].append(event.type)
        response = await settled(stream.get_final_response())
    report["response"] = response.to_dict()
    return response


def with_chat_result(message):
    call = message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "18 °C"}
    return [*HELLO, message.to_dict(), result]


def result_item(response):
    call = next(item for item in response.output if item.type == "function_call")
    return {"type": "function_call_output", "call_id": call.call_id, "output": "18 °C"}


# First, because it waits longest: the limit must be no matter of how busy the machine is.
@scenario("never")
async def times_out(client, report):
    await chat(client.with_options(timeout=5, max_retries=0), report)


@scenario("plain")
async def chat_plain(client, report):
    await chat(client, report, user="user-1", temperature=0.5, seed=7)


@scenario("plain")
async def response_headers(client, report):
    response = await settled(client.chat.completions.with_raw_response.create(**CHAT))
    report["headers"] = end_to_end(response.headers)
    report["status"] = response.status_code
    report["retries"] = response.retries_taken


@scenario("plain")
async def own_header_and_query(client, report):
    await chat(
        client,
        report,
        extra_headers={"openai-beta": "one=v1", "x-own": "a b"},
        extra_query={"api-version": "1", "odd": "a/b?c&d=é'~"},
        extra_body={"unknown_field": {"nested": [1, 2.50, None]}},
    )


@scenario("plain")
async def chat_stream(client, report):
    await chat_raw_stream(client, report)


@scenario("plain")
async def chat_stream_with_usage(client, report):
    await chat_raw_stream(client, report, stream_options={"include_usage": True})


@scenario("plain")
async def chat_helper(client, report):
    await chat_stream_helper(client, report)


@scenario("plain")
async def chat_tools(client, report):
    report["first"], report["second"] = {}, {}
    message = await chat(client, report["first"], tools=[CHAT_WEATHER])
    await chat(client, report["second"], tools=[CHAT_WEATHER], messages=with_chat_result(message))


@scenario("plain")
async def chat_tools_helper(client, report):
    report["first"], report["second"] = {}, {}
    message = await chat_stream_helper(client, report["first"], tools=[CHAT_WEATHER])
    await chat_raw_stream(client, report["second"], tools=[CHAT_WEATHER], messages=with_chat_result(message))


@scenario("plain")
async def chat_image(client, report):
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": DATA_URL}}]
    await chat(client, report, messages=[{"role": "user", "content": content}])


@scenario("plain")
async def responses_chain(client, report):
    report["first"], report["second"] = {}, {}
    first = await respond(client, report["first"], instructions="Be brief.")
    await respond(client, report["second"], previous_response_id=first.id, input="And now?")


@scenario("plain")
async def responses_stream(client, report):
    await respond_raw_stream(client, report)


@scenario("plain")
async def responses_helper(client, report):
    await respond_stream_helper(client, report)


@scenario("plain")
async def responses_reasoning(client, report):
    await respond_stream_helper(client, report, reasoning={"effort": "low", "summary": "auto"})


@scenario("plain")
async def responses_tools(client, report):
    report["first"], report["second"] = {}, {}
    first = await respond_stream_helper(client, report["first"], tools=[WEATHER])
    more = {"previous_response_id": first.id, "input": [result_item(first)]}
    await respond(client, report["second"], tools=[WEATHER], **more)


@scenario("plain")
async def responses_image(client, report):
    content = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": DATA_URL}]
    await respond(client, report, input=[{"role": "user", "content": content}])


@scenario("plain")
async def embeddings(client, report):
    answer = await settled(client.embeddings.create(model="embed-scripted", input=["one", "wörld"]))
    report["embeddings"] = answer.to_dict()


@scenario("plain")
async def models(client, report):
    report["models"] = [model.to_dict() async for model in each(client.models.list())]


@scenario("plain")
async def file_upload(client, report):
    file = await settled(client.files.create(file=("all-bytes.bin", IMAGE_BYTES), purpose="user_data"))
    report["file"] = file.to_dict()


@scenario("plain")
async def file_download(client, report):
    content = await settled(client.files.content("file_1"))
    report["sha256"] = hashlib.sha256(content.content).hexdigest()


@scenario("gzip")
async def gzip(client, report):
    await chat(client, report)


@scenario("gzip")
async def gzip_stream(client, report):
    await respond_stream_helper(client, report)


@scenario("torn")
async def torn_stream(client, report):
    await chat_raw_stream(client, report)


@scenario("paced")
async def paced_stream(client, report):
    await respond_raw_stream(client, report)


@scenario("silent")
async def silent_stream(client, report):
    await chat_raw_stream(client, report)


@scenario("late")
async def late(client, report):
    await chat(client, report)


@scenario("big")
async def big(client, report):
    await chat(client, report)


@scenario("big")
async def big_stream(client, report):
    await respond_stream_helper(client, report)


@scenario("silent")
async def leaves_early(client, report):
    stream = await settled(client.chat.completions.create(**CHAT, stream=True))
    async for chunk in each(stream):
        report["chunk"] = chunk.to_dict()
        break
    await settled(stream.close())


@scenario("bad-request")
async def bad_request(client, report):
    await chat(client, report)


@scenario("unauthorized")
async def unauthorized(client, report):
    await respond_raw_stream(client, report)


@scenario("not-found")
async def not_found(client, report):
    await chat(client, report)


@scenario("rate-limited-once")
async def rate_limited_once(client, report):
    await chat(client, report)


@scenario("overloaded-twice")
async def overloaded_twice(client, report):
    await respond(client, report)


@scenario("overloaded-twice")
async def overloaded_twice_stream(client, report):
    await chat_raw_stream(client, report)


@scenario("server-error")
async def server_error(client, report):
    await chat(client, report)


@scenario("server-error-final")
async def server_error_final(client, report):
    await chat(client, report)


@scenario("cut")
async def cut(client, report):
    await chat(client, report)


@scenario("cut")
async def cut_stream(client, report):
    await chat_raw_stream(client, report)


@scenario("cut")
async def cut_stream_helper(client, report):
    await respond_stream_helper(client, report)


@scenario("error-event")
async def error_event(client, report):
    await chat_raw_stream(client, report)


@scenario("error-event")
async def responses_error_event(client, report):
    await respond_raw_stream(client, report)


if __name__ == "__main__":
    main(
        {
            "sync": lambda url: openai.OpenAI(base_url=f"{url}/v1", api_key="sk-scripted"),
            "async": lambda url: openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="sk-scripted"),
        }
    )
