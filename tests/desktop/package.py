"""The package, as a user meets it: `python3 tests/desktop/package.py FILE.deb`, as root.

Installs it, starts it from the application menu, quits it and removes it. Nothing may be left behind.
"""

import os
import pathlib
import subprocess
import sys

from session import Session, until

DEPENDENCIES = {"libwebkit2gtk-4.1-0", "libgtk-3-0", "libayatana-appindicator3-1"}


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    package = pathlib.Path(sys.argv[1]).resolve()
    name = said("dpkg-deb", "--field", package, "Package").strip()
    depends = {one.split()[0] for one in said("dpkg-deb", "--field", package, "Depends").split(",")}
    assert DEPENDENCIES <= depends, depends
    said("dpkg", "--install", package)
    try:
        files = [pathlib.Path(line) for line in said("dpkg", "--listfiles", name).splitlines()]
        owned = [file for file in files if file.is_file()]
        starts_from_the_menu(next(file for file in owned if file.suffix == ".desktop"))
    finally:
        said("dpkg", "--purge", name)
    left = [file for file in owned if file.exists()]
    assert not left, left
    print(f"{package.name}: installed {len(owned)} files, started from the menu, quit, removed without a trace")


def starts_from_the_menu(entry):
    said("desktop-file-validate", entry)
    session = Session(pathlib.Path("/usr/bin/llm-proxy"))
    try:
        session.write_config("port = 0\n")
        session.spawn(["gio", "launch", entry])
        session.tray.until_label(lambda label: label.startswith("● Running"))
        pid = int((session.home / ".local/state/llm-proxy/pid").read_text())
        assert os.readlink(f"/proc/{pid}/exe") == "/usr/bin/llm-proxy"
        session.tray.click("Quit LLM Proxy")
        until("the end", lambda: not pathlib.Path(f"/proc/{pid}").exists())
    finally:
        session.close()


main()
