"""Whatever was said to or by a model is text in the window: the same walk as `tests/ui/hostile.test.mjs`, in WebKit."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess

from session import Session
from webdriver import Browser, Page

SET = pathlib.Path(__file__).parent.parent / "ui/support/hostile_set.mjs"
NODE = os.environ.get("LLM_PROXY_TEST_NODE", "node")
# High, so that there is little to scroll; narrow, so that a session stands alone.
SIZE = (900, 1600)
# Without a graphics card, frames that are composited take five times as long.
PAINT = {"WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
# For all places of one window. On two processors with nothing else to do it takes a fifth of that.
WALK_S = 900
WALK = """
const [places] = arguments;
const walk = async () => { for (const place of places) await window.__walk.visit(place); };
window.__walked = walk().then(() => null, (error) => String(error));
"""


def nothing_that_was_said_runs_loads_or_becomes_an_element(session):
    hostile, asked = _hostile_set(session)
    with contextlib.closing(Session(session.binary)) as other:
        shutil.copytree(_logs(session), _logs(other))
        # While one waits for its next frame, the other draws.
        pages = [_watched_page(one, hostile) for one in (session, other)]
        for number, page in enumerate(pages):
            page.run(WALK, hostile["places"][number :: len(pages)])
        faults = [page.run_async("window.__walked.then(arguments[0])") for page in pages]
        reports = [page.run("return window.__walk.report()") for page in pages]
    asked = asked()
    total = lambda key: sum(report[key] for report in reports)  # noqa: E731
    every = lambda key: [one for report in reports for one in report[key]]  # noqa: E731

    shown, missing = _renderings(hostile, reports)
    requests = len(asked) + len(every("violations")) + total("navigations")
    print(f"    {shown} renderings: {total('scripts')} scripts, {requests} requests, {len(every('forbidden'))} forbidden elements")
    assert faults == [None, None], faults
    assert total("scripts") == 0 and not asked, asked
    assert not every("violations") and total("navigations") == 0, every("violations")[:5]
    assert not every("forbidden"), every("forbidden")[:5]
    assert not every("unsettled"), every("unsettled")[:5]
    assert not missing and shown == 220 * 14, missing[:5]


nothing_that_was_said_runs_loads_or_becomes_an_element.limit_s = 2 * WALK_S


def a_page_that_takes_text_for_markup_is_found_out(session):
    """The control: WebKit without the window, its page and its policy."""
    hostile, asked = _hostile_set(session)
    control = hostile["control"]
    browser = Browser(session)
    outcomes = []
    for text in control["texts"]:
        browser.go(control["page"])
        browser.run(hostile["watch"])
        outcomes.append(browser.run_async(f"{control['take']}(arguments[0]).then(arguments[1])", text))
    asked = asked()

    ran = sum(outcome["scripts"] > 0 for outcome in outcomes)
    became = sum(outcome["forbidden"] > 0 for outcome in outcomes)
    print(f"    {len(outcomes)} texts taken for markup: {ran} ran a script, {became} became elements, {len(asked)} requests")
    assert ran >= len(outcomes) / 4 and became >= len(outcomes) * 0.8 and len(asked) >= 3, (outcomes, asked)


def what_gets_into_the_window_is_found_out(session):
    """The control in the window itself: its policy keeps it harmless, and the watch tells of it."""
    hostile, asked = _hostile_set(session)
    page = _watched_page(session, hostile)
    page.run(
        """const image = new Image();
        image.src = arguments[0];
        document.body.append(image, document.createElement('iframe'));
        alert(1);""",
        hostile["control"]["page"],
    )
    page.run_async("window.__walk.visit({as: 'lists', hash: '#/stats'}).then(arguments[0])")
    report = page.run("return window.__walk.report()")
    assert report["scripts"] == 1 and asked() == [], report
    assert [violation.split()[0] for violation in report["violations"]] == ["img-src"], report["violations"]
    # The frame; and the image, for where it comes from, and for being one that the page did not make.
    assert [fault.split()[1] for fault in report["forbidden"]] == ["element:", "src:", "element:"], report["forbidden"]


def _hostile_set(session):
    """Writes the log folder. The set, and a function that ends the canary and tells what it was asked for."""
    _logs(session).mkdir(mode=0o700)
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    made = subprocess.Popen([NODE, SET, _logs(session)], env=session.environment, **options)
    session.processes.append(made)
    hostile = json.loads(made.stdout.readline())
    return hostile, lambda: json.loads(made.communicate()[0].splitlines()[-1])


def _watched_page(session, hostile):
    session.environment.update(PAINT)
    page = Page(session)
    page.be_patient(WALK_S)
    page.resize(*SIZE)
    session.until("all sessions in the index", lambda: _sessions(page) == hostile["sessions"])
    page.run(hostile["watch"])
    return page


def _sessions(page):
    answer, _error = page.call("sessions", {"limit": 1})
    return answer and answer["totals"] and answer["totals"]["sessions"]


def _renderings(hostile, reports):
    """How many payloads were found where they stand, and those that were not."""
    found = {}
    for report in reports:
        for view, marks in report["found"].items():
            found.setdefault(view, set()).update(marks)
    missing = [one for one in hostile["renderings"] if not set(one["marks"]) <= found.get(one["as"], set())]
    return len(hostile["renderings"]) - len(missing), missing


def _logs(session):
    return session.home / ".llm-provider-logs"
