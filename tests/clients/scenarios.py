"""Runs scenarios with an unmodified SDK and prints one JSON object a line for each.

A scenario is written once, for the sync and the async client of an SDK alike: `settled`, `each` and
`opened` wait where there is something to wait for. It fills a report as it goes, so what it had
seen before an error is reported too. Nothing in a report depends on time, ports or chance.
"""

import asyncio
import hashlib
import inspect
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

SCENARIOS = []

# A stand-in for an image: the upstream answers with its type and size.
IMAGE_BYTES = bytes(range(256)) * 400

# Texts above this many characters are reported by their hash.
LONGEST_TEXT = 2000

# What a connection adds: it differs by time, and between one hop and two.
CONNECTION_HEADERS = {"connection", "date", "keep-alive", "transfer-encoding"}


def scenario(upstream):
    """Marks a function as a scenario in which the upstream behaves as `upstream` says."""

    def add(function):
        SCENARIOS.append((upstream, function))
        return function

    return add


async def settled(value):
    return await value if inspect.isawaitable(value) else value


async def each(stream):
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item


@asynccontextmanager
async def opened(context):
    if hasattr(context, "__aenter__"):
        async with context as value:
            yield value
    else:
        with context as value:
            yield value


def end_to_end(headers):
    """The fields of a response as sorted pairs, repeated ones apart."""
    return sorted(pair for pair in headers.multi_items() if pair[0].lower() not in CONNECTION_HEADERS)


def main(clients, run_together=8):
    """Runs every scenario with every kind of client; `clients` makes one from a base URL."""
    base_url = sys.argv[1]
    jobs = [
        (upstream, function, kind, make) for upstream, function in SCENARIOS for kind, make in clients.items()
    ]
    with ThreadPoolExecutor(run_together) as pool:
        for line in pool.map(lambda job: asyncio.run(run(base_url, *job)), jobs):
            print(json.dumps(line, ensure_ascii=False, sort_keys=True))


async def run(base_url, upstream, function, kind, make):
    name = f"{function.__name__}-{kind}"
    client = make(f"{base_url}/scenario/{upstream}/{name}")
    report, error = {}, None
    try:
        await function(client, report)
    except Exception as raised:
        error = described(raised)
    await settled(client.close())
    return {"scenario": name, "ok": error is None, "result": shortened(report), "error": error}


def described(error):
    return {
        "class": type(error).__name__,
        "cause": type(error.__cause__).__name__,
        "status": getattr(error, "status_code", None),
        "message": str(error),
        "body": getattr(error, "body", None),
        "request_id": getattr(error, "request_id", None),
    }


def shortened(value):
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()}"
    return value
