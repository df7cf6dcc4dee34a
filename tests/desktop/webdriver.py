"""A page in WebKit, through WebKitWebDriver: plain HTTP with JSON, no client library."""

import json
import socket
import urllib.error
import urllib.request

TIMEOUT_S = 30


class Browser:
    """The driver's own browser, WebKit's MiniBrowser, on an empty page; whoever asks for it ends the session."""

    def __init__(self, session, options=None, environment=None):
        self.timeout_s = TIMEOUT_S
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.base = f"http://127.0.0.1:{free.getsockname()[1]}"
        environment = environment or session.environment
        session.spawn(["WebKitWebDriver", f"--port={self.base.rsplit(':', 1)[1]}"], env=environment)
        session.until("the driver", self.is_ready)
        wanted = {"webkitgtk:browserOptions": options} if options else {}
        self.id = self.send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        session.until("the page", lambda: self.run("return document.readyState") == "complete")

    def be_patient(self, script_s):
        """Lets scripts run for so long."""
        self.send("POST", f"/session/{self.id}/timeouts", {"script": script_s * 1000})
        self.timeout_s = script_s + TIMEOUT_S

    def is_ready(self):
        try:
            return self.send("GET", "/status")["ready"]
        except (urllib.error.URLError, ConnectionError):
            return False

    def run(self, script, *arguments):
        """What the script returns; it runs beside the page's security policy, as a debugger does."""
        body = {"script": script, "args": list(arguments)}
        return self.send("POST", f"/session/{self.id}/execute/sync", body)

    def run_async(self, script, *arguments):
        """As `run`, for a script that calls its last argument with the result."""
        body = {"script": script, "args": list(arguments)}
        return self.send("POST", f"/session/{self.id}/execute/async", body)

    def go(self, url):
        self.send("POST", f"/session/{self.id}/url", {"url": url})

    def url(self):
        return self.send("GET", f"/session/{self.id}/url")

    def resize(self, width, height):
        """Makes the window so large, which may be larger than the screen."""
        rect = self.send("POST", f"/session/{self.id}/window/rect", {"x": 0, "y": 0, "width": width, "height": height})
        assert (rect["width"], rect["height"]) == (width, height), rect

    def quit(self):
        self.send("DELETE", f"/session/{self.id}")

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_s) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None


class Page(Browser):
    """Starts the program with a window that obeys, and is the page in it."""

    def __init__(self, session, *arguments):
        options = {"binary": str(session.binary), "args": ["--window", "--port", "0", *arguments]}
        environment = {**session.environment, "TAURI_WEBVIEW_AUTOMATION": "true"}
        super().__init__(session, options, environment)

    def invoke(self, command, arguments):
        """What a Tauri command answers, as `(answer, error)`: one of them is None."""
        return self.run_async(
            """const [command, args, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, args).then(
                (answer) => done([answer ?? true, null]),
                (error) => done([null, error ?? true]));""",
            command,
            arguments,
        )

    def call(self, name, args=None):
        """What the explorer's one command answers, likewise."""
        return self.invoke("call", {"call": {"name": name} if args is None else {"name": name, "args": args}})
