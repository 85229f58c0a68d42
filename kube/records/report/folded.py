"""What is folded away, as one block of HTML.

Markdown ends a block of HTML at the first blank line, and Prefect's older page then closes the
fold there. So a folded body is turned into HTML that has none, and reads the same in both pages.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_LINKS = ("http://", "https://", "data:image/svg+xml;base64,")
_PADDING = "8"  # the older page sets cells without any
_LINE_BREAK = "&#10;"


def to_html(markdown: str) -> str:
    """Render escaped Markdown as HTML without a blank line.

    A table whose headers are all empty loses their row, which only Markdown needs.
    """
    parser = _parser()
    tokens = list(_without_empty_headers(parser.parse(markdown)))
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("cellpadding", _PADDING)
    rendered = str(parser.renderer.render(tokens, parser.options, {}))
    return "\n".join(line for line in rendered.splitlines() if line.strip())


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: url.lower().startswith(_LINKS)  # type: ignore[method-assign]
    parser.add_render_rule("fence", _fence)
    return parser


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, *_: OptionsDict | EnvType
) -> str:
    del renderer
    token = tokens[index]
    language = html.escape(token.info.strip())
    lines = html.escape(token.content.rstrip("\n"), quote=False).replace("\n", _LINE_BREAK)
    return f'<pre><code class="language-{language}">{lines}</code></pre>\n'


def _without_empty_headers(tokens: Sequence[Token]) -> Iterator[Token]:
    head: list[Token] | None = None
    for token in tokens:
        if token.type == "thead_open":
            head = []
        if head is None:
            yield token
            continue
        head.append(token)
        if token.type == "thead_close":
            if any(each.content.strip() for each in head):
                yield from head
            head = None
