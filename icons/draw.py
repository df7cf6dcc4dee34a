#!/usr/bin/python3
"""Draws the PNG files from the SVG files beside them. Needs python3-gi and librsvg2-common.

The tray's states differ by shape, not only by colour: filled, outlined, struck through, with a `!`.
The colours have a contrast of at least 3:1 on white and on black panels.
"""

import pathlib

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf  # noqa: E402

HERE = pathlib.Path(__file__).parent
APP_SIZES = {"32x32": 32, "128x128": 128, "128x128@2x": 256, "icon": 512}
# Twice the 22 pixels of a Linux panel.
TRAY_SIZE = 44


def draw(svg, png, size):
    GdkPixbuf.Pixbuf.new_from_file_at_size(str(svg), size, size).savev(str(png), "png", [], [])


for name, size in APP_SIZES.items():
    draw(HERE / "app.svg", HERE / f"{name}.png", size)
for svg in sorted((HERE / "tray").glob("*.svg")):
    draw(svg, svg.with_suffix(".png"), TRAY_SIZE)
