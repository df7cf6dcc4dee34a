"""How the application ends, and what becomes of the requests that run."""

import http.client
import os
import pathlib
import signal
import threading

from upstream import Upstream, whole
from webdriver import Page

EVENTS = 40


class Streaming:
    """A stream of some seconds that somebody reads."""

    def __init__(self, session, upstream):
        response = upstream.ask(session.port(), "a long answer", EVENTS, 100)
        self.got = response.read(1)
        self.broke = False
        self.reader = threading.Thread(target=self.read, args=[response], daemon=True)
        self.reader.start()

    def read(self, response):
        try:
            self.got += response.read()
        except (http.client.IncompleteRead, ConnectionError) as error:
            self.got += getattr(error, "partial", b"")
            self.broke = True

    def is_whole(self):
        self.reader.join(30)
        return self.got == whole(EVENTS) and not self.broke


def quits_at_once_when_nothing_runs(session):
    app = session.started("--hidden")
    session.tray.click("Quit LLM Proxy")
    assert session.ended(app) == 0, session.said()
    assert not session.portfile().exists()


def asks_before_it_cuts_a_request_off(session):
    app = session.started("--hidden")
    with Upstream() as upstream:
        stream = Streaming(session, upstream)
        question = _question(session)
        session.windows.key(question, "Escape")
        session.until("no question", lambda: not session.windows.named("Quit LLM Proxy\\?"))
        assert app.poll() is None
        # The second button.
        session.windows.key(_question(session), "Tab", "Return")
        assert session.ended(app, 8) == 0, session.said()
        assert not stream.is_whole()
    assert '"end":"proxy_killed"' in session.logged()


def waits_for_a_request_when_told_to(session):
    app = session.started("--hidden")
    with Upstream() as upstream:
        stream = Streaming(session, upstream)
        session.windows.key(_question(session), "Return")
        session.tray.until_label(lambda label: label == "Waiting for running requests to end…")
        assert session.ended(app) == 0, session.said()
        assert stream.is_whole()
    assert '"end":"ok"' in session.logged()


def _question(session):
    session.tray.click("Quit LLM Proxy")
    return session.until("the question", lambda: session.windows.named("Quit LLM Proxy\\?"))[0]


def drains_when_the_session_ends(session):
    app = session.started("--hidden")
    with Upstream() as upstream:
        stream = Streaming(session, upstream)
        app.send_signal(signal.SIGTERM)
        assert session.ended(app) == 0, session.said()
        assert stream.is_whole()
    assert '"end":"ok"' in session.logged() and not session.portfile().exists()


def serves_on_when_the_page_dies(session):
    # The page is there: WebKit takes its host down when the page's process dies while it is being started.
    page = Page(session)
    app = int((session.home / ".local/state/llm-proxy/pid").read_text())
    with Upstream() as upstream:
        stream = Streaming(session, upstream)
        for process in pages(app):
            os.kill(process, signal.SIGKILL)
        session.until("the page's process gone", lambda: not pages(app))
        assert stream.is_whole()
    assert session.tray.labels()[0].startswith("● Running")


def pages(app):
    """The ids of the processes in which an application's pages live."""
    found = []
    for task in pathlib.Path(f"/proc/{app}/task").iterdir():
        children = (task / "children").read_text().split()
        found += [int(child) for child in children if name_of(child) == "WebKitWebProces"]
    return found


def name_of(process):
    """The first 15 letters of a process's name; none when it is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
