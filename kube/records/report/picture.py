"""The pictures of a report: bars, trends, a strip of states, tiles.

What was not measured (None) is never drawn as zero: a bar leaves it out, a line has a gap, a strip
has a grey cell. Colour is never alone: numbers and words stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kube.records.report.figures import percent
from kube.records.report.markdown import NOTHING, Markdown
from kube.records.report.svg import INNER, MARGIN, WIDTH, Canvas, Tone

Shape = Literal["wide", "narrow", "tick"]

WARN_RATIO = 0.75
BAD_RATIO = 0.9

_BAR_ROW = 46
_TREND_HEIGHT = 112
_CHART = 44
_TILE_HEIGHT = 84
_STRIP_HEIGHT = 86
_CELL = 20
_LETTER = 7  # the width of most letters of a label
_CELL_PARTS: dict[Tone, tuple[tuple[int, int], ...]] = {
    "good": ((0, _CELL),),
    "warn": ((7, 13),),
    "bad": ((0, 9), (12, 8)),
    "none": ((0, _CELL),),
}
_CEILINGS = (0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Mark:
    """One measure on a bar: the whole height (wide), a line inside it (narrow), or a tick."""

    name: str
    value: float | None
    shape: Shape = "wide"


@dataclass(frozen=True)
class Bar:
    """A bar whose length is `total`; `caption` gives the same figures in words."""

    label: str
    total: float
    marks: tuple[Mark, ...]
    caption: str


@dataclass(frozen=True)
class Line:
    """One measure over time as ratios, oldest first; None where it was not measured."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Trend:
    """A panel with at most two lines that share a scale."""

    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Tile:
    """A figure that is read at a glance."""

    value: str
    label: str
    tone: Tone = "none"


def tone_of(ratio: float) -> Tone:
    """Return how full is too full: warn from 75 %, bad from 90 %."""
    if ratio >= BAD_RATIO:
        return "bad"
    return "warn" if ratio >= WARN_RATIO else "good"


def bars(rows: Sequence[Bar]) -> Markdown:
    """Draw bars one below the other, each mark against the bar's total.

    A mark beyond the total fills the bar (a tick is then left out): the caption tells by how much.
    """
    if not rows:
        return NOTHING
    canvas = Canvas(_BAR_ROW * len(rows) + 46)
    for index, row in enumerate(rows):
        _draw_bar(canvas, row, 30 + index * _BAR_ROW)
    _draw_legend(canvas, rows, 30 + len(rows) * _BAR_ROW)
    return canvas.picture("; ".join(f"{row.label}: {row.caption}" for row in rows))


def _draw_bar(canvas: Canvas, bar: Bar, y: float) -> None:
    canvas.write(MARGIN, y, _cut(bar.label, 32), css="label")
    canvas.write(WIDTH - MARGIN, y, bar.caption, anchor="end")
    canvas.box(MARGIN, y + 9, INNER, 12, "track", 6)
    for mark in bar.marks:
        if mark.value is None or bar.total <= 0:
            continue
        ratio = mark.value / bar.total
        width = max(min(ratio, 1.0), 0.0) * INNER
        if mark.shape == "wide" and width > 0:
            canvas.box(MARGIN, y + 9, max(width, 12), 12, f"{tone_of(ratio)}-soft", 6)
        elif mark.shape == "narrow" and width > 0:
            canvas.box(MARGIN, y + 12, max(width, 6), 6, tone_of(ratio), 3)
        elif mark.shape == "tick" and 0 < ratio <= 1:
            canvas.box(MARGIN + width - 1, y + 6, 2, 18, "ink", 1)


def _draw_legend(canvas: Canvas, rows: Sequence[Bar], y: float) -> None:
    shapes = {mark.shape: mark.name for row in rows for mark in row.marks if mark.value is not None}
    x = float(MARGIN)
    for shape, name in shapes.items():
        if shape == "wide":
            canvas.box(x, y - 9, 16, 10, "good-soft", 5)
        elif shape == "narrow":
            canvas.box(x, y - 7, 16, 6, "good", 3)
        else:
            canvas.box(x + 7, y - 11, 2, 14, "ink", 1)
        canvas.write(x + 22, y, name)
        x += 44 + 7 * len(name)
    limits = f"amber from {percent(WARN_RATIO)}, red from {percent(BAD_RATIO)}"
    canvas.write(WIDTH - MARGIN, y, limits, anchor="end")


def trends(panels: Sequence[Trend], start: str, end: str) -> Markdown:
    """Draw small line charts, two abreast, all over the same time.

    Args:
        panels: The charts; lines without a single point, and panels without a line, are left out.
        start: When the first point was measured, in words.
        end: When the last one was.
    """
    drawn = [Trend(panel.label, tuple(filter(_has_points, panel.lines))) for panel in panels]
    drawn = [panel for panel in drawn if panel.lines]
    if not drawn:
        return NOTHING
    floor = _TREND_HEIGHT * -(-len(drawn) // 2)
    canvas = Canvas(floor + 26)
    width = (INNER - 28) / 2 if len(drawn) > 1 else float(INNER)
    for index, panel in enumerate(drawn):
        x = MARGIN + index % 2 * (width + 28)
        _draw_trend(canvas, panel, x, index // 2 * _TREND_HEIGHT + 30, width)
    canvas.write(MARGIN, floor + 10, start)
    canvas.write(WIDTH - MARGIN, floor + 10, end, anchor="end")
    return canvas.picture("; ".join(f"{panel.label}: {_latest(panel)}" for panel in drawn))


def _has_points(line: Line) -> bool:
    return any(value is not None for value in line.values)


def _latest(panel: Trend) -> str:
    return ", ".join(f"{line.name} {percent(_last(line))}" for line in panel.lines)


def _last(line: Line) -> float | None:
    return line.values[-1] if line.values else None


def _draw_trend(canvas: Canvas, panel: Trend, x: float, y: float, width: float) -> None:
    canvas.write(x, y, panel.label, css="label")
    at = x
    for line, colour in zip(panel.lines, ("accent", "second"), strict=False):
        words = f"{line.name} {percent(_last(line))}"
        canvas.box(at, y + 10, 8, 8, colour, 4)
        canvas.write(at + 13, y + 18, words)
        at += 34 + 7 * len(words)
    top = _ceiling(panel)
    canvas.write(x + width, y, percent(top), anchor="end")
    for level in (y + 28, y + 28 + _CHART):
        canvas.box(x, level, width, 1, "track", 0)
    for line, colour in zip(panel.lines, ("accent", "second"), strict=False):
        for run in _runs(line, x, y + 28 + _CHART, width, top):
            _draw_run(canvas, run, colour)
        if (last := _last(line)) is not None:
            end = y + 28 + _CHART - _height(last, top)
            canvas.draw("circle", cx=x + width, cy=end, r=3, fill=f"var(--{colour})")


def _ceiling(panel: Trend) -> float:
    highest = max((v for line in panel.lines for v in line.values if v is not None), default=1.0)
    return next((c for c in _CEILINGS if highest <= c), highest)


def _runs(
    line: Line, x: float, floor: float, width: float, top: float
) -> Iterator[list[tuple[float, float]]]:
    """Yield the unbroken stretches of a line as points; a None ends one."""
    step = width / max(len(line.values) - 1, 1)
    run: list[tuple[float, float]] = []
    for index, value in enumerate(line.values):
        if value is None:
            if run:
                yield run
            run = []
        else:
            run.append((x + index * step, floor - _height(value, top)))
    if run:
        yield run


def _height(value: float, top: float) -> float:
    return max(value, 0.0) / top * _CHART


def _draw_run(canvas: Canvas, run: list[tuple[float, float]], colour: str) -> None:
    """Draw one unbroken stretch; a single point between two gaps is a dot."""
    ink = f"var(--{colour})"
    if len(run) == 1:
        canvas.draw("circle", cx=run[0][0], cy=run[0][1], r=1.6, fill=ink)
        return
    canvas.draw(
        "polyline",
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in run),
        fill="none",
        stroke=ink,
        stroke_width=1.8,
        stroke_linejoin="round",
        stroke_linecap="round",
    )


def strip(
    title: str, note: str, states: Sequence[Tone], start: str, end: str, slots: int = 48
) -> Markdown:
    """Draw one cell per state, oldest first; slots not yet filled stay empty on the left.

    A state is seen without colour too: a lower cell warns, a broken one is bad.
    """
    if not states:
        return NOTHING
    shown = states[-slots:]
    canvas = Canvas(_STRIP_HEIGHT)
    canvas.write(MARGIN, 28, title, css="label")
    canvas.write(WIDTH - MARGIN, 28, note, anchor="end")
    pitch = INNER / slots
    width = pitch - min(3.0, pitch / 4)
    for index in range(slots):
        x = MARGIN + index * pitch
        place = index - (slots - len(shown))
        tone = shown[place] if place >= 0 else None
        canvas.box(x, 38, width, _CELL, f"{tone}-soft" if tone else "track", 2.5)
        if tone:
            for top, height in _CELL_PARTS[tone]:
                canvas.box(x, 38 + top, width, height, tone, 2.5)
    # With few states the two labels would lie on each other: the first one gives way to the left.
    room = _LETTER * (len(start) + len(end) + 2)
    canvas.write(MARGIN + min((slots - len(shown)) * pitch, max(INNER - room, 0)), 75, start)
    canvas.write(WIDTH - MARGIN, 75, end, anchor="end")
    return canvas.picture(f"{title}: {note}")


def tiles(row: Sequence[Tile]) -> Markdown:
    """Draw figures side by side: the number large, what it counts below."""
    if not row:
        return NOTHING
    canvas = Canvas(_TILE_HEIGHT)
    width = INNER / len(row)
    for index, tile in enumerate(row):
        x = MARGIN + index * width
        if index:
            canvas.box(x - 12, 22, 1, 42, "edge", 0)
        canvas.write(x, 44, _cut(tile.value, int(width / 16)), css="number")
        indent = 0
        if tile.tone != "none":
            canvas.box(x, 56, 8, 8, tile.tone, 4)
            indent = 13
        canvas.write(x + indent, 64, _cut(tile.label, int((width - 25) / 7)))
    return canvas.picture("; ".join(f"{tile.label}: {tile.value}" for tile in row))


def _cut(content: str, limit: int) -> str:
    return content if len(content) <= limit else f"{content[: limit - 1]}…"
