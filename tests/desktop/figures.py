"""What the tray application costs: `python3 tests/desktop/figures.py BINARY`, with a release build.

Prints one line for each figure: the median, and the range over all rounds.
"""

import pathlib
import statistics
import sys
import time
import urllib.request

from session import Session

ROUNDS = 9
# By then GTK, the tray and the recorder have done all that a start brings.
SETTLED_S = 8


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    starts, memory = [], []
    for _ in range(ROUNDS):
        session = Session(binary)
        try:
            starts.append(_start_ms(session))
        finally:
            session.close()
    session = Session(binary)
    try:
        app = session.started("--hidden")
        time.sleep(SETTLED_S)
        rss, pss = _memory_mb(app.pid)
        cpu = _cpu_s(app.pid)
        time.sleep(10)
        used = _cpu_s(app.pid) - cpu
    finally:
        session.close()
    print(f"cold start to listening: {statistics.median(starts):.0f} ms (median of {ROUNDS}; {min(starts):.0f} to {max(starts):.0f} ms)")
    print(f"idle memory of the tray without a window: {rss:.0f} MB resident, {pss:.0f} MB proportional")
    print(f"idle processor time: {used * 10:.2f} % of one processor")


def _start_ms(session):
    """From the start of the process to the first answer over the network."""
    begun = time.monotonic()
    session.app("--port", "0", "--hidden")
    while not session.portfile().exists():
        time.sleep(0.001)
    with urllib.request.urlopen(f"http://127.0.0.1:{session.port()}/health") as answer:
        assert answer.read() == b"ok"
    return (time.monotonic() - begun) * 1000


def _memory_mb(process):
    """Resident and proportional memory of the process and all that it started."""
    kinds = {"Rss": 0, "Pss": 0}
    for member in _tree(process):
        for line in pathlib.Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in kinds:
                kinds[name] += int(rest.split()[0])
    return kinds["Rss"] / 1000, kinds["Pss"] / 1000


def _tree(process):
    yield process
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _tree(int(child))


def _cpu_s(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


main()
