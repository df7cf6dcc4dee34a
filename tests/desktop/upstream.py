"""A model's API that talks slowly, and requests to it through the proxy."""

import http.client
import http.server
import json
import threading
import time


class Upstream:
    """Answers `/stream/EVENTS/PAUSE_MS/...` with that many events."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def ask(self, proxy_port, name, events=1, pause_ms=0):
        """Sends a request that holds the name; an open response."""
        connection = http.client.HTTPConnection("127.0.0.1", proxy_port, timeout=60)
        message = {"model": "claude", "max_tokens": 9, "messages": [{"role": "user", "content": name}]}
        path = f"/anthropic/127.0.0.1:{self.port}/stream/{events}/{pause_ms}/v1/messages"
        connection.request("POST", path, json.dumps(message), {"content-type": "application/json"})
        return connection.getresponse()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        _, _, events, pause_ms, *_ = self.path.split("/")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number in range(int(events)):
            self.chunk(event(number))
            time.sleep(int(pause_ms) / 1000)
        self.chunk(b"")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            # The proxy cut it off.
            pass


def event(number):
    return b'event: tick\ndata: {"number":%d}\n\n' % number


def whole(events):
    return b"".join(event(number) for number in range(events))
