"""Tests of the tray application in a real window and a real tray: `python3 tests/desktop/run.py BINARY [WORD…]`.

BINARY was built with the feature `desktop`; words choose the tests whose names hold one of them. Needs on Debian:
xvfb dbus-bin xdotool xclip webkit2gtk-driver python3-dbus python3-gi libayatana-appindicator3-1.
Each test has a display, a session bus and a home of its own. The last line is `N passed, N failed`.
"""

import inspect
import os
import pathlib
import signal
import sys
import time
import traceback

try:
    import dbus  # noqa: F401
    import gi  # noqa: F401
except ImportError:
    # They belong to the system's Python, which need not be the one that was called.
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

import test_ending
import test_hostile
import test_starting
import test_streams
import test_tray
import test_window
from session import Session

# A test that takes longer has failed, unless it names a limit of its own (`limit_s`).
LIMIT_S = 120
SUITES = [test_tray, test_starting, test_ending, test_window, test_streams, test_hostile]


def tests(words):
    """Every function of a session that its suite does not keep to itself, by its name in words."""
    for suite in SUITES:
        for name, test in vars(suite).items():
            is_own = inspect.isfunction(test) and test.__module__ == suite.__name__
            if is_own and not name.startswith("_") and list(inspect.signature(test).parameters) == ["session"]:
                full = f"{suite.__name__.removeprefix('test_')}: {name.replace('_', ' ')}"
                if not words or any(word in full for word in words):
                    yield full, test


def too_long(*_):
    raise AssertionError("not done in time")


def passes(name, test, binary):
    started = time.monotonic()
    said, failure = "", None
    signal.alarm(getattr(test, "limit_s", LIMIT_S))
    try:
        session = Session(binary)
        try:
            test(session)
        finally:
            signal.alarm(0)
            said = session.said()
            session.close()
    except Exception:
        failure = traceback.format_exc()
    signal.alarm(0)
    print(f"test {name} ... {'FAILED' if failure else 'ok'} ({time.monotonic() - started:.1f} s)", flush=True)
    if failure:
        print(f"{failure}what the program said:\n{said}", flush=True)
    return failure is None


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    binary = pathlib.Path(sys.argv[1]).resolve()
    signal.signal(signal.SIGALRM, too_long)
    results = [passes(name, test, binary) for name, test in tests(sys.argv[2:])]
    print(f"\n{results.count(True)} passed, {results.count(False)} failed")
    sys.exit(0 if results and all(results) else 1)


main()
