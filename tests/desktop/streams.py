"""Event streams through the proxy, all at once, each compared byte for byte.

An upstream of our own sends every client its own numbered events at a steady pace; the clients say what they
missed and how long they ever waited. Both run on one event loop, beside whatever is done to the window meanwhile.
"""

import asyncio
import threading
import time

EVENTS_PER_S = 20
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Streams:
    """`count` streams through the proxy on `proxy_port`, from `start` until `finish`."""

    def __init__(self, proxy_port, count):
        self.proxy_port = proxy_port
        self.count = count
        self.stopping = threading.Event()
        self.running = threading.Event()
        self.faults = []
        self.events = 0
        self.longest_wait_s = 0.0
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="streams")

    def start(self):
        self.thread.start()
        assert self.running.wait(30), "the streams did not all begin within 30 s"

    def finish(self):
        """Lets every stream come to its end. Returns what went wrong, in words; nothing: all is well."""
        self.stopping.set()
        self.thread.join(60)
        assert not self.thread.is_alive(), "the streams did not end within 60 s"
        return self.faults

    async def _run(self):
        upstream = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = upstream.sockets[0].getsockname()[1]
        begun = asyncio.Semaphore(0)
        clients = [asyncio.create_task(self._ask(number, port, begun)) for number in range(self.count)]
        for _ in clients:
            await begun.acquire()
        self.running.set()
        for number, fault in enumerate(await asyncio.gather(*clients, return_exceptions=True)):
            if fault is not None:
                self.faults.append(f"stream {number}: {fault!r}")
        upstream.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        number = int(head.split(b" ")[1].rpartition(b"/")[2])
        writer.write(HEAD)
        index, due = 0, time.monotonic()
        while not self.stopping.is_set():
            writer.write(chunk(event(number, index)))
            await writer.drain()
            index, due = index + 1, due + 1 / EVENTS_PER_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        writer.write(chunk(b"event: end\ndata: %d\n\n" % index) + b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def _ask(self, number, upstream_port, begun):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy_port)
        target = f"/openai/127.0.0.1:{upstream_port}/v1/streams/{number}"
        writer.write(f"GET {target} HTTP/1.1\r\nhost: 127.0.0.1:{self.proxy_port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        begun.release()
        received, last = b"", time.monotonic()
        while (size := int(await reader.readline(), 16)) > 0:
            received += (await reader.readexactly(size + 2))[:-2]
            now = time.monotonic()
            self.longest_wait_s, last = max(self.longest_wait_s, now - last), now
        writer.close()
        count = int(received.rpartition(b"data: ")[2])
        expected = b"".join(event(number, index) for index in range(count)) + b"event: end\ndata: %d\n\n" % count
        assert received == expected, f"{len(received)} bytes instead of {len(expected)}"
        self.events += count


def event(number, index):
    return b"data: {\"stream\":%d,\"event\":%d}\n\n" % (number, index)


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


if __name__ == "__main__":
    import sys

    streams = Streams(int(sys.argv[1]), int(sys.argv[2]))
    streams.start()
    time.sleep(float(sys.argv[3]))
    print(streams.finish() or "all exact", streams.events, "events, longest wait", round(streams.longest_wait_s, 3), "s")
