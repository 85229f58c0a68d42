from __future__ import annotations

import re
from typing import get_args
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.records.report.markdown import NOTHING
from kube.records.report.picture import (
    Bar,
    Line,
    Mark,
    Tile,
    Trend,
    bars,
    strip,
    tiles,
    tone_of,
    trends,
)
from kube.records.report.svg import _DARK, _LIGHT, INNER, Tone
from tests.unit.records.page import SVG, read_page

MARKS = (Mark("requested", 30), Mark("used", 10, "narrow"), Mark("limits", 60, "tick"))


def drawn(markdown: str) -> Element:
    (picture,) = read_page(markdown).pictures
    return picture


def fills(picture: Element, tag: str = "rect") -> list[str]:
    found = (shape.get("fill", "") for shape in picture.iter(f"{SVG}{tag}"))
    return [fill.removeprefix("var(--").removesuffix(")") for fill in found]


def boxes(picture: Element, fill: str) -> list[Element]:
    return [box for box in picture.iter(f"{SVG}rect") if box.get("fill") == f"var(--{fill})"]


def words(picture: Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_makes_a_picture_that_a_browser_can_read(label: str, caption: str) -> None:
    for picture in (
        drawn(bars([Bar(label, 100, MARKS, caption)])),
        drawn(tiles([Tile(label, caption)])),
        drawn(strip(label, caption, ["good"], label, caption)),
        drawn(trends([Trend(label, (Line(caption, (0.5, 0.6)),))], label, caption)),
    ):
        assert picture.tag == f"{SVG}svg"
        assert {shape.tag.removeprefix(SVG) for shape in picture.iter()} <= {
            "svg", "style", "rect", "text", "polyline", "circle",
        }  # fmt: skip


def test_a_picture_needs_nothing_from_elsewhere_and_brings_its_own_card() -> None:
    picture = drawn(tiles([Tile("3/3", "nodes ready", "good")]))
    style = picture.findtext(f"{SVG}style") or ""
    assert "url(" not in style
    assert "@import" not in style
    assert picture.get("width") == "640"
    assert fills(picture)[0] == "card"


def test_the_alternative_text_says_what_is_drawn() -> None:
    ((alt, _),) = read_page(bars([Bar("Memory", 100, MARKS, "30 of 100 GiB")])).images
    assert alt == "Memory: 30 of 100 GiB"


def test_a_bar_shows_each_mark_against_its_total() -> None:
    picture = drawn(bars([Bar("CPU", 100, MARKS, "")]))
    wide, *_ = boxes(picture, "good-soft")
    narrow, *_ = boxes(picture, "good")
    assert float(wide.get("width", 0)) == pytest.approx(0.3 * INNER)
    assert float(narrow.get("width", 0)) == pytest.approx(0.1 * INNER)
    assert boxes(picture, "ink")


def test_what_was_not_measured_is_not_drawn() -> None:
    picture = drawn(
        bars([Bar("CPU", 100, (Mark("requested", 30), Mark("used", None, "narrow")), "")])
    )
    assert not boxes(picture, "good")
    assert "used" not in words(picture)


def test_a_mark_beyond_the_total_fills_the_bar_and_no_more() -> None:
    picture = drawn(
        bars([Bar("CPU", 100, (Mark("requested", 250), Mark("limits", 250, "tick")), "")])
    )
    (wide,) = boxes(picture, "bad-soft")
    assert float(wide.get("width", 0)) == INNER
    assert len(boxes(picture, "ink")) == 1, "only the legend shows a tick"


def test_a_bar_without_a_total_is_empty() -> None:
    assert not boxes(drawn(bars([Bar("CPU", 0, (Mark("requested", 5),), "")])), "bad-soft")


@pytest.mark.parametrize(
    ("ratio", "tone"), [(0.0, "good"), (0.75, "warn"), (0.9, "bad"), (2.0, "bad")]
)
def test_the_tone_follows_the_ratio(ratio: float, tone: Tone) -> None:
    assert tone_of(ratio) == tone


def test_a_gap_breaks_the_line_and_is_not_zero() -> None:
    line = Line("used", (0.5, 0.6, None, None, 0.7, 0.6))
    picture = drawn(trends([Trend("CPU", (line,))], "then", "now"))
    runs = [run.get("points", "").split() for run in picture.iter(f"{SVG}polyline")]
    assert [len(run) for run in runs] == [2, 2]
    floor = max(float(box.get("y", 0)) for box in boxes(picture, "track"))
    assert all(float(point.split(",")[1]) < floor - 1 for run in runs for point in run)


def test_a_point_between_two_gaps_is_a_dot() -> None:
    picture = drawn(trends([Trend("CPU", (Line("used", (None, 0.5, None)),))], "then", "now"))
    assert not list(picture.iter(f"{SVG}polyline"))
    assert len(list(picture.iter(f"{SVG}circle"))) == 1
    assert "used unknown" in words(picture), "the last refresh did not measure it"


def test_a_line_that_was_never_measured_is_left_out() -> None:
    lines = (Line("requested", (0.5, 0.6)), Line("used", (None, None)))
    assert not any("used" in word for word in words(drawn(trends([Trend("CPU", lines)], "", ""))))
    assert trends([Trend("CPU", lines[1:])], "", "") == NOTHING


def test_a_low_line_gets_a_scale_on_which_it_can_be_seen() -> None:
    picture = drawn(trends([Trend("CPU", (Line("used", (0.02, 0.05)),))], "", ""))
    assert "10 %" in words(picture)


def test_a_strip_has_one_cell_per_state_and_empty_slots_before() -> None:
    picture = drawn(strip("Health", "", ["good", "none", "warn", "bad"], "", "", slots=6))
    found = fills(picture)
    assert [found.count(f"{tone}-soft") for tone in get_args(Tone)] == [1, 1, 1, 1]
    assert found.count("track") == 2


def test_the_states_of_a_strip_differ_in_shape_too() -> None:
    picture = drawn(strip("Health", "", ["good", "warn", "bad"], "", "", slots=3))
    heights = [
        sorted(box.get("height") or "" for box in boxes(picture, t))
        for t in ("good", "warn", "bad")
    ]
    assert len({tuple(height) for height in heights}) == 3


def test_a_strip_shows_the_latest_states_only() -> None:
    states: list[Tone] = ["bad", "bad", "good", "good", "good"]
    picture = drawn(strip("Health", "", states, "", "", slots=3))
    assert not boxes(picture, "bad")


def test_the_ends_of_a_strip_do_not_lie_on_each_other() -> None:
    picture = drawn(strip("Health", "", ["good", "good"], "10 min ago", "now"))
    left, right = (t for t in picture.iter(f"{SVG}text") if t.text in ("10 min ago", "now"))
    assert float(left.get("x") or 0) + 7 * len("10 min ago") < float(right.get("x") or 0) - 7 * 3


def test_nothing_to_show_is_no_picture() -> None:
    assert bars([]) == tiles([]) == strip("", "", [], "", "") == trends([], "", "") == NOTHING


@pytest.mark.parametrize("palette", [_LIGHT, _DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "muted"])
def test_text_can_be_read_on_the_card(palette: dict[str, str], ink: str) -> None:
    light, dark = sorted((_luminance(palette[ink]), _luminance(palette["card"])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5, "WCAG AA"


def test_both_palettes_have_the_same_colours() -> None:
    assert _LIGHT.keys() == _DARK.keys()


def _luminance(colour: str) -> float:
    channels = [int(pair, 16) / 255 for pair in re.findall("[0-9a-f]{2}", colour)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
