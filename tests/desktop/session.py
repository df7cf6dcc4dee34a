"""A desktop session of its own for each test: display, session bus, tray, home. Nothing of the user's is seen."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import dbus
import dbus.bus

from xwindow import Windows
from tray import Tray

HERE = pathlib.Path(__file__).parent
# How long anything may take before a test fails. Machines that build meanwhile are slow.
PATIENCE_S = 30


def until(what, condition, patience_s=PATIENCE_S):
    """Waits until the condition gives something true, and returns that."""
    deadline = time.monotonic() + patience_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience_s} s (last: {found!r})")
        time.sleep(0.02)


class Session:
    """Starts everything, and ends everything that was started in it."""

    until = staticmethod(until)

    def __init__(self, binary):
        self.binary = binary
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="llm-proxy-desktop-"))
        self.home.chmod(0o700)
        self.processes = []
        self.environment = self.own_environment()
        try:
            self.start_display()
            self.start_bus()
            self.start_watcher()
            self.tray = Tray(self.bus, until)
            self.windows = Windows(self.environment["DISPLAY"])
        except BaseException:
            self.close()
            raise

    def own_environment(self):
        home = self.home
        own = {
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "XDG_CONFIG_HOME": home / ".config",
            "XDG_DATA_HOME": home / ".local/share",
            "XDG_STATE_HOME": home / ".local/state",
            "XDG_CACHE_HOME": home / ".cache",
            "NO_AT_BRIDGE": "1",
            "GTK_A11Y": "none",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/bash",
            "PATH": os.environ["PATH"],
        }
        return {name: str(value) for name, value in own.items()}

    def start_display(self):
        read, write = os.pipe()
        arguments = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x820x24", "-nolisten", "tcp"]
        self.spawn(arguments, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb did not start"
        self.environment["DISPLAY"] = f":{number}"

    def start_bus(self):
        daemon = self.spawn(["dbus-daemon", "--session", "--print-address", "--nofork"], stdout=subprocess.PIPE)
        address = daemon.stdout.readline().decode().strip()
        assert address, "dbus-daemon did not start"
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self.bus = dbus.bus.BusConnection(address)

    def start_watcher(self):
        watcher = self.spawn(["/usr/bin/python3", str(HERE / "watcher.py")], stdout=subprocess.PIPE)
        assert watcher.stdout.readline() == b"ready\n", "the tray's watcher did not start"

    def spawn(self, arguments, **options):
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.DEVNULL)
        options.setdefault("env", self.environment)
        # A group of its own: what it starts is ended with it.
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.processes.append(process)
        return process

    def app(self, *arguments, environment=None):
        """Starts the program under test; what it says is in `app.log`."""
        with open(self.home / "app.log", "ab") as log:
            env = {**self.environment, **(environment or {})}
            return self.spawn([self.binary, *arguments], stdout=log, stderr=log, env=env)

    def started(self, *arguments):
        """Starts it on a free port, and waits until it runs and the tray says so."""
        process = self.app("--port", "0", *arguments)
        self.tray.until_label(lambda label: label.startswith("● Running"))
        return process

    def said(self):
        log = self.home / "app.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def port(self):
        return int(until("a port", lambda: self.portfile().exists() and self.portfile().read_text()))

    def portfile(self):
        return self.home / ".local/state/llm-proxy/port"

    def config_file(self):
        return self.home / ".config/llm-proxy/config.toml"

    def write_config(self, text):
        self.config_file().parent.mkdir(parents=True, exist_ok=True)
        self.config_file().write_text(text)

    def logged(self):
        """All text of all log files."""
        files = sorted((self.home / ".llm-provider-logs").rglob("*.jsonl"))
        return "".join(file.read_text() for file in files)

    def clipboard(self):
        command = ["xclip", "-out", "-selection", "clipboard"]
        read = subprocess.run(command, env=self.environment, capture_output=True, timeout=PATIENCE_S)
        return read.stdout.decode()

    def ended(self, process, patience_s=PATIENCE_S):
        """The exit code of a process that ends by itself."""
        try:
            return process.wait(patience_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it still runs after {patience_s} s") from None

    def close(self):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)
