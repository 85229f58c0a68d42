"""Reads a page as a browser would: Markdown to HTML, HTML to tags, texts, tables and pictures."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree

from markdown_it import MarkdownIt

SVG = "{http://www.w3.org/2000/svg}"
_PREFIX = "data:image/svg+xml;base64,"

_RENDERER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
_RENDERER.validateLink = lambda url: True  # type: ignore[method-assign]


@dataclass
class Page(HTMLParser):
    """What a page shows; `segments` are the texts between two tags."""

    tags: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    _open: bool = False
    _in_cell: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open = False
        values = dict(attrs)
        if tag == "a":
            self.links.append(values.get("href") or "")
        elif tag == "img":
            self.images.append((values.get("alt") or "", values.get("src") or ""))
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._open = False
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.segments[-1] += data
        else:
            self.segments.append(data)
        self._open = True
        if self._in_cell:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return "".join(self.segments)

    @property
    def pictures(self) -> list[ElementTree.Element]:
        return [picture_of(source) for _, source in self.images]


def picture_of(source: str) -> ElementTree.Element:
    """Return the SVG of a data address; an XML error means that it cannot be shown."""
    assert source.startswith(_PREFIX)
    return ElementTree.fromstring(base64.b64decode(source.removeprefix(_PREFIX)))


def read_page(markdown: str) -> Page:
    """Render Markdown with tables and HTML allowed, as Prefect's pages do."""
    page = Page()
    page.feed(_RENDERER.render(markdown))
    page.close()
    return page
