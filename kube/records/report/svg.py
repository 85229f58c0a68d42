"""The paper under every picture: a small SVG of fixed width with a card of its own to stand on.

A picture goes into an artifact as a data address. It follows the reader's light or dark system
setting where the browser passes it on; where not, the card keeps it legible on any page.
"""

from __future__ import annotations

import base64
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from kube.records.report.markdown import Markdown, text, visible

Tone = Literal["good", "warn", "bad", "none"]

WIDTH = 640
MARGIN = 20
INNER = WIDTH - 2 * MARGIN

_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_LIGHT = {
    "card": "#fafbfc",
    "edge": "#e1e6ec",
    "ink": "#1b2430",
    "muted": "#5d6b7c",
    "track": "#e7ebf0",
    "accent": "#3f74c9",
    "second": "#8a6cc4",
    "good": "#35a06f",
    "good-soft": "#b5dfca",
    "warn": "#d4921a",
    "warn-soft": "#f4dcaa",
    "bad": "#d2504e",
    "bad-soft": "#f3c4c1",
    "none": "#c4ccd6",
    "none-soft": "#e7ebf0",
}
_DARK = {
    "card": "#161b22",
    "edge": "#2b323c",
    "ink": "#e8ecf2",
    "muted": "#98a5b5",
    "track": "#272e38",
    "accent": "#6ea2f0",
    "second": "#b397ea",
    "good": "#41b883",
    "good-soft": "#1f4f3b",
    "warn": "#e0a73c",
    "warn-soft": "#5a4519",
    "bad": "#ec6f6c",
    "bad-soft": "#62292b",
    "none": "#4a5462",
    "none-soft": "#272e38",
}


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


_STYLE = (
    f":root{{{_variables(_LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{:root{{{_variables(_DARK)}}}}}"
    f"text{{font-family:{_FONT};font-size:12px;fill:var(--muted)}}"
    ".label{font-size:13px;font-weight:600;fill:var(--ink)}"
    ".number{font-size:25px;font-weight:600;fill:var(--ink)}"
)


class Canvas:
    """One picture while it is drawn: shapes in order, the later above the earlier."""

    def __init__(self, height: float) -> None:
        self._height = height
        self._shapes: list[str] = []

    def draw(self, tag: str, content: str = "", **attributes: str | float) -> None:
        """Add a shape; `_` in an attribute's name is a dash, a trailing one is dropped."""
        pairs = (
            f"{name.rstrip('_').replace('_', '-')}={_attribute(value)}"
            for name, value in attributes.items()
        )
        start = " ".join((tag, *pairs))
        body = f">{escape(visible(content))}</{tag}>" if content else "/>"
        self._shapes.append(f"<{start}{body}")

    def write(
        self, x: float, y: float, content: str, *, css: str = "", anchor: str = "start"
    ) -> None:
        """Write a line of text with its baseline at `y`; `anchor` is start, middle or end."""
        styles = {"class_": css} if css else {}
        self.draw("text", content, x=x, y=y, text_anchor=anchor, **styles)

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, radius: float = 3
    ) -> None:
        """Fill a rounded box with a colour of the palette; nothing where it has no width."""
        if width > 0:
            fill = f"var(--{colour})"
            self.draw("rect", x=x, y=y, width=width, height=height, rx=radius, fill=fill)

    def svg(self) -> str:
        """Return the whole picture as XML."""
        place = f'x="0.5" y="0.5" width="{WIDTH - 1}" height="{_number(self._height - 1)}" rx="10"'
        card = f'<rect {place} fill="var(--card)" stroke="var(--edge)"/>'
        size = f'width="{WIDTH}" height="{_number(self._height)}"'
        view = f'viewBox="0 0 {WIDTH} {_number(self._height)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view}>'
            f"<style>{_STYLE}</style>{card}{''.join(self._shapes)}</svg>"
        )

    def picture(self, alt: str) -> Markdown:
        """Return the picture as a Markdown image; `alt` says in words what it shows."""
        data = base64.b64encode(self.svg().encode()).decode()
        return Markdown(f"![{text(alt)}](data:image/svg+xml;base64,{data})")


def _attribute(value: str | float) -> str:
    return quoteattr(value if isinstance(value, str) else _number(value))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
