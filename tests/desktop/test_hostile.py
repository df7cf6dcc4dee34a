"""Whatever was said to or by a model is text in the window: the same walk as `tests/ui/hostile.test.mjs`, in WebKit."""

import json
import os
import pathlib
import subprocess

from webdriver import Page

SET = pathlib.Path(__file__).parent.parent / "ui/support/hostile_set.mjs"
# The walk through all places takes many minutes. These have nine of the fourteen sinks, with all payloads in each;
# Chromium walks through all of them in every run. `LLM_PROXY_TEST_WHOLE=1` does so here.
QUICK = {"lists", "session", "headers", "tools"}
WHOLE = "LLM_PROXY_TEST_WHOLE" in os.environ
NODE = os.environ.get("LLM_PROXY_TEST_NODE", "node")
# The walk waits until nothing is asked any more; the window asks without `fetch`.
COUNT_QUESTIONS = """
const inside = window.__TAURI_INTERNALS__, invoke = inside.invoke;
window.asked = 0;
const counted = (...args) => { window.asked++; return invoke(...args).finally(() => window.asked--); };
try { inside.invoke = counted; } catch { /* frozen: the next line tells */ }
return inside.invoke === counted;
"""
VISIT = """
const [place, done] = arguments;
const rest = async () => { while (window.asked > 0) await new Promise(requestAnimationFrame); };
window.__walk.visit(place).then(rest).then(() => window.__walk.visit(place)).then(() => done(null), (error) => done(String(error)));
"""


def nothing_that_was_said_runs_loads_or_becomes_an_element(session):
    logs = session.home / ".llm-provider-logs"
    logs.mkdir(mode=0o700)
    made = subprocess.Popen([NODE, SET, logs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=session.environment)
    session.processes.append(made)
    hostile = json.loads(made.stdout.readline())
    places, renderings = (_wanted(hostile[key]) for key in ["places", "renderings"])
    page = Page(session)
    page.be_patient(120)
    session.until("all sessions in the index", lambda: _sessions(page) == hostile["sessions"])
    page.run(hostile["watch"])
    assert page.run(COUNT_QUESTIONS), "the window's questions cannot be counted"
    for place in places:
        fault = page.run_async(VISIT, place)
        assert fault is None, (place, fault)
    report = page.run("return window.__walk.report()")
    asked = json.loads(made.communicate()[0].splitlines()[-1])

    found = {view: set(marks) for view, marks in report["found"].items()}
    shown = [one for one in renderings if set(one["marks"]) <= found.get(one["as"], set())]
    requests = len(asked) + len(report["violations"]) + report["navigations"]
    print(f"    {len(shown)} renderings: {report['scripts']} scripts, {requests} requests, {len(report['forbidden'])} forbidden elements")
    assert report["scripts"] == 0 and not asked, asked
    assert not report["violations"] and report["navigations"] == 0, report["violations"][:5]
    assert not report["forbidden"], report["forbidden"][:5]
    assert len(shown) == len(renderings) == 220 * (14 if WHOLE else 9), [one for one in renderings if one not in shown][:5]


nothing_that_was_said_runs_loads_or_becomes_an_element.limit_s = 1500


def _wanted(items):
    return [item for item in items if WHOLE or item["as"] in QUICK]


def _sessions(page):
    answer, _error = page.call("sessions", {"limit": 1})
    return answer and answer["totals"] and answer["totals"]["sessions"]
