"""Whatever was said to or by a model is text in the window: the same walk as `tests/ui/hostile.test.mjs`, in WebKit."""

import json
import os
import pathlib
import subprocess

from webdriver import Page

SET = pathlib.Path(__file__).parent.parent / "ui/support/hostile_set.mjs"
NODE = os.environ.get("LLM_PROXY_TEST_NODE", "node")
VISIT = """
const [place, done] = arguments;
window.__walk.visit(place).then(() => done(null), (error) => done(String(error)));
"""


def nothing_that_was_said_runs_loads_or_becomes_an_element(session):
    logs = session.home / ".llm-provider-logs"
    logs.mkdir(mode=0o700)
    made = subprocess.Popen([NODE, SET, logs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=session.environment, start_new_session=True)
    session.processes.append(made)
    hostile = json.loads(made.stdout.readline())
    page = Page(session)
    page.be_patient(120)
    session.until("all sessions in the index", lambda: _sessions(page) == hostile["sessions"])
    page.run(hostile["watch"])
    for place in hostile["places"]:
        fault = page.run_async(VISIT, place)
        assert fault is None, (place, fault)
    report = page.run("return window.__walk.report()")
    asked = json.loads(made.communicate()[0].splitlines()[-1])

    found = {view: set(marks) for view, marks in report["found"].items()}
    shown = [one for one in hostile["renderings"] if set(one["marks"]) <= found.get(one["as"], set())]
    requests = len(asked) + len(report["violations"]) + report["navigations"]
    print(f"    {len(shown)} renderings: {report['scripts']} scripts, {requests} requests, {len(report['forbidden'])} forbidden elements")
    assert report["scripts"] == 0 and not asked, asked
    assert not report["violations"] and report["navigations"] == 0, report["violations"][:5]
    assert not report["forbidden"], report["forbidden"][:5]
    assert len(shown) == len(hostile["renderings"]) == 220 * 14, [one for one in hostile["renderings"] if one not in shown][:5]


nothing_that_was_said_runs_loads_or_becomes_an_element.limit_s = 7200


def _sessions(page):
    answer, _error = page.call("sessions", {"limit": 1})
    return answer and answer["totals"] and answer["totals"]["sessions"]
