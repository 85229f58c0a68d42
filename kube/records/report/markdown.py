"""Markdown whose every piece of foreign text is escaped, and a type that holds callers to it.

`text` and `code` are the only ways from a plain string to `Markdown`; everything else joins what
is `Markdown` already, so that mypy finds the place where somebody forgot to escape. The escapes
are those that both of Prefect's pages read: backslashes, and `&lt; &gt; &amp;` (its older page
shows any other entity as it stands).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NewType
from urllib.parse import quote as percent_encoded

from kube.records.report.folded import to_html

Markdown = NewType("Markdown", str)
"""Text that may stand in a document as it is. Build it by the functions of this module."""

NOTHING = Markdown("")

_JOINERS = "\u200c\u200d"  # letters of some scripts and emoji need them
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NO_CHARACTER = "\ufffe\uffff"

_INLINE = str.maketrans(
    {c: f"\\{c}" for c in "\\`*_[]|~#"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
)
_FIRST = re.compile(r"^(?:([-+=:])|([0-9]{1,9})([.)])(?= |$))")
# GitHub's flavour makes links of bare addresses, after its escapes are undone; an element between
# two letters of the address is the one thing that stops it and leaves the text as it was.
_BARE_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_BREAK = "<wbr>"
_ADDRESS_SIGN = re.compile(r":(?=//)|(?<=www)\.|@(?=[\w-]+\.)", re.IGNORECASE)
_ANGLES = str.maketrans("<>", "\u2039\u203a")  # single angle quotation marks

_WEB_PAGE = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_URL_SAFE = "/:?#@!$&'*+,=%-._~"


def visible(value: object, limit: int | None = None) -> str:
    """Return one line of text in which nothing is hidden; it is not escaped yet.

    White space and line breaks become single spaces. Control characters, those that turn the
    writing direction, and others that cannot be seen become their code point in brackets.

    Args:
        value: Anything; `str` is taken of it.
        limit: The most characters to return, the ellipsis included; None means all.
    """
    line = " ".join(str(value).split())
    if not line.isascii() or not line.isprintable():
        line = "".join(f"[U+{ord(c):04X}]" if _is_hidden(c) else c for c in line)
    if limit is not None and len(line) > limit:
        return line[: max(limit - 1, 0)].rstrip() + "…"
    return line


def _is_hidden(char: str) -> bool:
    if char in _JOINERS:
        return False
    return unicodedata.category(char) in _HIDDEN or char in _NO_CHARACTER


def text(value: object, limit: int | None = None) -> Markdown:
    """Escape foreign text for a sentence, a heading, a list item or a table cell.

    Args:
        value: Anything; `str` is taken of it.
        limit: The most characters to keep, counted before escaping; None means all.

    Returns:
        One line that shows the text and starts nothing: no tag, link, cell, heading, list.
    """
    escaped = visible(value, limit).translate(_INLINE)
    escaped = _FIRST.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", escaped)
    return Markdown(_BARE_ADDRESS.sub(_BREAK, escaped))


def cell(value: object) -> str:
    """Return foreign text for a cell of a table artifact, which is plain text and not Markdown.

    Prefect's older page renders such a cell as Markdown all the same, the newer one and machines
    take it as it stands, so it is not escaped: what would make a tag, a link or a picture is
    spelled so that it does not ("https[:]//host").
    """
    line = visible(value).translate(_ANGLES)
    line = _ADDRESS_SIGN.sub(lambda found: f"[{found[0]}]", line)
    return line.replace("](", "] (")  # last: the brackets around a sign may come before one


def code(value: object, limit: int | None = None) -> Markdown:
    """Show a name or a message of a machine as inline code; an empty one as nothing.

    Args:
        value: Anything; `str` is taken of it.
        limit: The most characters to keep; None means all.
    """
    line = visible(value, limit)
    if not line:
        return NOTHING
    if "`" in line or "|" in line:
        # A pipe is escaped differently in a cell's code and elsewhere; the element is the same.
        return Markdown(f"<code>{text(line)}</code>")
    return Markdown(f"`{line}`")


def strong(content: Markdown) -> Markdown:
    """Set content in bold; nothing stays nothing."""
    return Markdown(f"**{content}**") if content else NOTHING


def link(label: str, url: str) -> Markdown:
    """Link to a web page; an address of any other scheme is shown as text, not linked."""
    if not _WEB_PAGE.match(url):
        return text(label)
    return Markdown(f"[{text(label)}]({percent_encoded(url, safe=_URL_SAFE, errors='replace')})")


def join(parts: Iterable[Markdown], separator: str = " · ") -> Markdown:
    """Join what is not empty on one line. The separator is ours, not the cluster's."""
    return Markdown(separator.join(part for part in parts if part))


def sentence(template: str, *parts: Markdown) -> Markdown:
    """Fill the `{}` of a template of our own with Markdown."""
    return Markdown(template.format(*parts))


def heading(level: int, content: Markdown) -> Markdown:
    """Return a heading of level 1 to 6."""
    return Markdown(f"{'#' * level} {content}")


def quote(content: Markdown) -> Markdown:
    """Set a line apart as somebody else's words; nothing stays nothing."""
    return Markdown(f"> {content}") if content else NOTHING


def bullets(items: Iterable[Markdown]) -> Markdown:
    """Return a list, or nothing for no items."""
    return Markdown("\n".join(f"- {item}" for item in items))


def table(
    headers: Sequence[str], rows: Iterable[Sequence[Markdown]], *, right: Iterable[int] = ()
) -> Markdown:
    """Return a table, or nothing for no rows.

    Args:
        headers: One text per column, ours.
        rows: As many cells a row as there are headers.
        right: The columns, from 0, that hold numbers.
    """
    body = [_row(row) for row in rows]
    if not body:
        return NOTHING
    numeric = frozenset(right)
    rule = ("---:" if column in numeric else "---" for column in range(len(headers)))
    lines = (_row([text(header) for header in headers]), f"| {' | '.join(rule)} |", *body)
    return Markdown("\n".join(lines))


def _row(cells: Sequence[Markdown]) -> str:
    return f"| {' | '.join(cells)} |"


def details(summary: str, body: Markdown, *, is_open: bool = False) -> Markdown:
    """Fold a body under a one-line summary, as one block of HTML; an empty body gives nothing."""
    if not body:
        return NOTHING
    tag = "<details open>" if is_open else "<details>"
    line = html.escape(visible(summary), quote=False)
    return Markdown(f"{tag}<summary>{line}</summary>\n{to_html(body)}\n</details>")


def fence(content: str, language: str = "") -> Markdown:
    """Show lines as they are, in a block that they cannot close.

    Args:
        content: Lines; what is hidden in them is made visible.
        language: How to colour them, ours: "json", "yaml", "diff".
    """
    lines = [_line_of_code(line) for line in content.splitlines()]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    ticks = "`" * max(3, longest + 1)
    return Markdown("\n".join((f"{ticks}{language}", *lines, ticks)))


def _line_of_code(line: str) -> str:
    expanded = line.expandtabs(4).rstrip()
    return "".join(f"[U+{ord(c):04X}]" if _is_hidden(c) else c for c in expanded)


def document(*blocks: Markdown) -> Markdown:
    """Join blocks by blank lines; empty ones leave no trace."""
    return Markdown("\n\n".join(block for block in blocks if block))
