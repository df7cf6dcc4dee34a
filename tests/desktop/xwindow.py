"""The windows on a display: found, clicked, closed the way a window manager does."""

import ctypes
import os
import subprocess

X11 = ctypes.CDLL("libX11.so.6")
X11.XOpenDisplay.restype = ctypes.c_void_p
X11.XInternAtom.restype = ctypes.c_ulong
CLIENT_MESSAGE = 33


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        # XEvent is 24 longs.
        ("rest", ctypes.c_long * 12),
    ]


class Windows:
    def __init__(self, display):
        self.display = display

    def named(self, name):
        """The ids of the visible windows with exactly this title."""
        found = self.xdotool("search", "--onlyvisible", "--name", f"^{name}$")
        return [int(line) for line in found.split()]

    def close(self, window):
        """Asks the window to close, as a click on its cross does."""
        display = X11.XOpenDisplay(self.display.encode())
        assert display, "the display is gone"
        atom = lambda name: X11.XInternAtom(ctypes.c_void_p(display), name, 0)  # noqa: E731
        data = (ctypes.c_long * 5)(atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0)
        event = ClientMessage(CLIENT_MESSAGE, 0, 1, display, window, atom(b"WM_PROTOCOLS"), 32, data)
        X11.XSendEvent(ctypes.c_void_p(display), ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
        X11.XCloseDisplay(ctypes.c_void_p(display))

    def key(self, window, *keys):
        """Presses keys, one after the other, in that window."""
        self.xdotool("windowfocus", "--sync", str(window), "key", "--delay", "100", *keys)

    def geometry(self, window):
        lines = self.xdotool("getwindowgeometry", "--shell", str(window)).split()
        values = dict(line.split("=") for line in lines)
        return int(values["WIDTH"]), int(values["HEIGHT"])

    def xdotool(self, *arguments):
        env = {**os.environ, "DISPLAY": self.display}
        return subprocess.run(["xdotool", *arguments], env=env, capture_output=True, text=True, timeout=30).stdout
