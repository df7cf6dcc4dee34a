"""The tray icon as a panel sees it: its icon and its menu, over D-Bus."""

import time

import dbus

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"


class Tray:
    def __init__(self, bus, until):
        self.bus = bus
        self.until = until

    def items(self):
        try:
            found = self.properties(WATCHER, "/StatusNotifierWatcher", WATCHER)["RegisteredStatusNotifierItems"]
        except dbus.DBusException:
            return []
        return [str(item) for item in found]

    def item(self):
        name, path = self.until("a tray icon", self.items)[0].split("/", 1)
        return name, "/" + path

    def properties(self, name, path, interface):
        return dbus.Interface(self.bus.get_object(name, path), dbus.PROPERTIES_IFACE).GetAll(interface)

    def icon(self):
        """The bytes of the picture that is shown."""
        with open(str(self.properties(*self.item(), ITEM)["IconName"]), "rb") as file:
            return file.read()

    def menu(self):
        name, path = self.item()
        menu = str(self.properties(name, path, ITEM)["Menu"])
        return dbus.Interface(self.bus.get_object(name, menu), MENU)

    def lines(self):
        """Every line as (id, depth, properties), from top to bottom."""
        _revision, root = self.menu().GetLayout(0, -1, dbus.Array([], "s"))
        return list(walk(root, -1))[1:]

    def labels(self):
        return [label(properties) for _id, _depth, properties in self.lines()]

    def line(self, wanted):
        """The properties of the line that says so; none: there is no such line."""
        return next((properties for _id, _depth, properties in self.lines() if label(properties) == wanted), None)

    def is_checked(self, wanted):
        return bool(self.line(wanted)["toggle-state"])

    def is_enabled(self, wanted):
        return bool(self.line(wanted).get("enabled", True))

    def click(self, wanted):
        lines = self.lines()
        ids = [number for number, _depth, properties in lines if label(properties) == wanted]
        assert ids, f"no line {wanted!r} in {[label(properties) for _id, _depth, properties in lines]}"
        now = dbus.UInt32(int(time.time()) & 0xFFFFFFFF)
        self.menu().Event(ids[0], "clicked", dbus.String("", variant_level=1), now)

    def until_label(self, condition):
        """Waits for a line that satisfies the condition, and returns its text."""
        return self.until("a line of the menu", lambda: next(filter(condition, self.safe_labels()), None))

    def safe_labels(self):
        try:
            return self.labels()
        except (dbus.DBusException, FileNotFoundError):
            # The menu is being put up.
            return []


def label(properties):
    # Two underscores are one; a single one marks a shortcut.
    text = str(properties.get("label", ""))
    return text.replace("__", "\0").replace("_", "").replace("\0", "_")


def walk(node, depth):
    number, properties, children = node
    yield int(number), depth, dict(properties)
    for child in children:
        yield from walk(child, depth + 1)
