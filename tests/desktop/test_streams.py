"""Whatever becomes of the window, two hundred streams through the proxy do not notice."""

import os
import signal
import time

from streams import Streams
from test_ending import pages
from webdriver import Page

STREAMS = 200
# An event comes 20 times a second. The machine is busy with windows meanwhile; what is wrong with the proxy
# shows as a stream that stands still.
LONGEST_WAIT_S = 3


def _unharmed(session, harm):
    streams = Streams(session.port(), STREAMS)
    streams.start()
    try:
        harm()
        # Whoever was held up shows it now.
        time.sleep(1)
    finally:
        faults = streams.finish()
    assert not faults, faults[:5]
    assert streams.longest_wait_s < LONGEST_WAIT_S, f"{streams.longest_wait_s:.2f} s without an event"
    print(f"    {STREAMS} streams, {streams.events} events, all exact; longest wait {streams.longest_wait_s * 1000:.0f} ms")


def run_on_when_the_window_is_opened_and_closed_fifty_times(session):
    session.started("--hidden")

    def open_and_close():
        for _ in range(50):
            session.tray.click("Open Explorer")
            window = session.until("the window", lambda: session.windows.named("LLM Proxy"))[0]
            session.windows.close(window)
            session.until("no window", lambda: not session.windows.named("LLM Proxy"))

    _unharmed(session, open_and_close)


def run_on_when_the_page_is_killed(session):
    page = Page(session)
    app = int((session.home / ".local/state/llm-proxy/pid").read_text())

    def kill():
        for process in pages(app):
            os.kill(process, signal.SIGKILL)
        session.until("the page's process gone", lambda: not pages(app))

    _unharmed(session, kill)
    assert session.tray.labels()[0].startswith("● Running")


def run_on_when_a_script_of_the_page_never_ends(session):
    page = Page(session)

    def hang():
        # Later, so that the driver has its answer.
        page.run("setTimeout(() => { for (;;); }, 1000)")
        time.sleep(6)

    _unharmed(session, hang)
    assert session.tray.labels()[0].startswith("● Running")
