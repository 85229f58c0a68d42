from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    bullets,
    cell,
    code,
    details,
    document,
    fence,
    heading,
    join,
    link,
    quote,
    strong,
    table,
    text,
    visible,
)
from tests.unit.records.page import read_page

_SIGNS = "\\ ` `` ``` ~~~ ~~ * ** _ __ [ ] ( ) ![ ]( < > </ & # ## + - = === --- | || : :-- ^"
_WORDS = """
[x] [^1] 1. 2) <b> <!-- &lt; &#60; </details> </code> <script>alert(1)</script> <img/src=x>
http:// https://evil.example www. www.evil.example ftp://x.y a@b.example mailto:a@b.cd
javascript:alert(1) [x](javascript:alert(1))
"""
_PIECES = [*_SIGNS.split(), *_WORDS.split(), "\n", "\r\n", " ", "\t", "\u202e"]

texts = st.lists(
    st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)),
    max_size=12,
).map("".join)

# What GitHub's flavour makes a link of, looked for after its escapes are undone.
_LINKS = re.compile(r"(?:https?://|www\.)[-.\w]|[-.\w+]@[-\w]+\.[-\w]", re.IGNORECASE)


def assert_only_text(markdown: str, value: str, *tags: str) -> None:
    page = read_page(markdown)
    assert [tag for tag in page.tags if tag != "wbr"] == list(tags)
    assert page.text.strip() == visible(value)
    assert not [segment for segment in page.segments if _LINKS.search(segment)]


@given(texts.filter(visible))
def test_text_in_a_paragraph_starts_nothing(value: str) -> None:
    assert_only_text(text(value), value, "p")


@given(texts.filter(visible))
def test_text_in_a_heading_starts_nothing(value: str) -> None:
    assert_only_text(heading(3, text(value)), value, "h3")


@given(texts.filter(visible))
def test_a_quoted_text_starts_nothing(value: str) -> None:
    assert_only_text(quote(text(value)), value, "blockquote", "p")


@given(texts.filter(visible))
def test_text_in_a_list_starts_nothing(value: str) -> None:
    assert_only_text(bullets([text(value)]), value, "ul", "li")


@pytest.mark.parametrize(
    "value",
    [
        *("1. x", "2) x", "- x", "+ x", "* x", "# x", "> x", ">x", "===", "---", ":--", "    x"),
        *("~~~", "```", "<!-- x", "<script", "<?x", "<!A", "</details", "[x]: https://a.example"),
    ],
)
def test_the_start_of_a_text_is_no_start_of_a_block(value: str) -> None:
    assert_only_text(text(value), value, "p")
    below = read_page(f"above\n{text(value)}")
    assert [tag for tag in below.tags if tag != "wbr"] == ["p"]


@given(st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=4))
def test_text_stays_in_its_cell(rows: list[list[str]]) -> None:
    page = read_page(table(("a", "b", "c"), [[text(value) for value in row] for row in rows]))
    assert page.rows[1:] == [[visible(value) for value in row] for row in rows]
    assert {"table", "thead", "tbody", "tr", "th", "td", "wbr"} >= set(page.tags)


@given(st.lists(texts, min_size=2, max_size=2))
def test_code_stays_in_its_cell_and_shows_the_text(values: list[str]) -> None:
    page = read_page(table(("a", "b"), [[code(value) for value in values]]))
    assert page.rows[1:] == [[visible(value) for value in values]]
    assert {"table", "thead", "tbody", "tr", "th", "td", "wbr", "code"} >= set(page.tags)


@given(texts.filter(visible))
def test_code_in_a_sentence_starts_nothing(value: str) -> None:
    page = read_page(join([text("before"), code(value), text("after")], " "))
    assert [tag for tag in page.tags if tag != "wbr"] == ["p", "code"]
    assert page.text.strip() == f"before {visible(value)} after"
    assert not page.links


@given(texts, texts)
def test_details_fold_exactly_their_body(summary: str, body: str) -> None:
    page = read_page(document(details(summary, document(text("first"), text(body))), text("after")))
    assert [tag for tag in page.tags if tag not in ("wbr", "p")] == ["details", "summary"]
    assert visible(summary) in page.text
    assert page.text.strip().endswith("after")


@given(texts, texts.filter(visible), st.lists(texts, min_size=2, max_size=2))
def test_a_folded_body_is_one_block_of_html(line: str, lines: str, cells: list[str]) -> None:
    table_of_cells = table(("", ""), [[text(cells[0]), code(cells[1])]])
    inner = details("inner", bullets([text(line), link("page", "https://a.example")]))
    fold = details(line, document(table_of_cells, fence(f"a\n\n\n{lines}\n\nb"), inner))
    assert "\n\n" not in fold
    page = read_page(document(fold, text("after")))
    assert [tag for tag in page.tags if tag not in ("wbr", "code")] == [
        *("details", "summary", "table", "tbody", "tr", "td", "td", "pre"),
        *("details", "summary", "ul", "li", "li", "a"),
        "p",
    ]
    assert page.rows == [[visible(value) for value in cells]]
    assert page.links == ["https://a.example"]


@given(texts)
@example("```\n# x")
@example("~~~\n`````\n# x")
def test_a_fence_is_closed_by_nothing_in_it(content: str) -> None:
    page = read_page(document(fence(content), text("after")))
    assert page.tags == ["pre", "code", "p"]


@given(texts, st.one_of(texts, texts.map("https://{}".format)))
@example("x", "\nhttp://h")
def test_a_link_goes_nowhere_but_to_web_pages(label: str, url: str) -> None:
    page = read_page(link(label, url))
    assert all(target.lower().startswith(("http://", "https://")) for target in page.links)
    assert page.text.strip() == visible(label)


@given(texts)
@example("www.(javascript:alert(1))")
def test_a_cell_of_a_table_artifact_holds_no_tag_link_or_picture(value: str) -> None:
    shown = cell(value)
    assert not set("<>\n\r") & set(shown)
    assert "](" not in shown
    assert "://" not in shown
    assert not _LINKS.search(shown)


@given(st.text())
def test_nothing_stays_hidden(value: str) -> None:
    shown = visible(value)
    hidden = {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert hidden <= {"\u200c", "\u200d"}
    shown.encode("utf-8")  # no half of a surrogate pair is left


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb\r\n\tc", "a b c"),
        ("evil\u202etxt.exe", "evil[U+202E]txt.exe"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("\ud800", "[U+D800]"),
        ("é 漢 👩\u200d🚀", "é 漢 👩\u200d🚀"),
    ],
)
def test_what_cannot_be_seen_is_named(value: str, shown: str) -> None:
    assert visible(value) == shown


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    assert visible("abcdef", 4) == "abc…"
    assert read_page(text("*" * 50, 10)).text.strip() == "*" * 9 + "…"


def test_an_ordinary_name_is_not_disfigured() -> None:
    assert (
        text("shop/checkout-6f7b, 3 of 4 ready (75 %)") == "shop/checkout-6f7b, 3 of 4 ready (75 %)"
    )
    assert code("kube-system/coredns") == "`kube-system/coredns`"


def test_a_web_link_is_a_link() -> None:
    page = read_page(link("the docs", "https://example.com/a b?c=(d)"))
    assert page.links == ["https://example.com/a%20b?c=%28d%29"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "javascript://h/%0aalert(1)",
        "data:text/html,x",
        "//host",
        "http:",
        "x",
    ],
)
def test_another_address_is_shown_and_not_linked(url: str) -> None:
    assert read_page(link("label", url)).links == []


def test_nothing_leaves_no_trace() -> None:
    assert document(NOTHING, Markdown("a"), NOTHING, Markdown("b")) == "a\n\nb"
    assert (
        table(("a",), [])
        == details("a", NOTHING)
        == strong(NOTHING)
        == quote(NOTHING)
        == code("")
        == NOTHING
    )


def test_columns_of_numbers_are_set_right() -> None:
    assert "| --- | ---: |" in table(("name", "count"), [[text("a"), text(1)]], right=(1,))
