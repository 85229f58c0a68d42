from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.objects.selector import InvalidSelector, Operator, Requirement, Selector, parse_selector

names = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,4}[A-Za-z0-9])?", fullmatch=True)
keys = st.one_of(names, st.builds("example.com/{}".format, names), st.sampled_from(["in", "notin"]))
values = st.one_of(st.just(""), names, st.sampled_from(["in", "notin"]))


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    key = draw(keys)
    one: list[Operator] = ["=", "==", "!="]
    many: list[Operator] = ["in", "notin"]
    kind = draw(st.sampled_from(["one", "many", "exists", "absent", "order"]))
    match kind:
        case "one":
            return Requirement(key, draw(st.sampled_from(one)), (draw(values),))
        case "many":
            chosen = draw(st.lists(values, min_size=1, max_size=3, unique=True))
            return Requirement(key, draw(st.sampled_from(many)), tuple(chosen))
        case "order":
            bound = str(draw(st.integers(0, 2**63 - 1)))
            return Requirement(key, draw(st.sampled_from([">", "<"])), (bound,))
    return Requirement(key, "exists" if kind == "exists" else "!")


@given(st.lists(requirements(), max_size=4).map(lambda found: Selector(tuple(found))))
def test_a_selector_is_written_as_it_is_read(selector: Selector) -> None:
    assert parse_selector(str(selector)) == selector


@given(st.text(alphabet="ab1=!,()<> \tinot-/.é\n\x00", max_size=20))
def test_every_text_is_a_selector_or_says_where_it_is_not(text: str) -> None:
    found = _read(text)
    if isinstance(found, InvalidSelector):
        assert 0 <= found.position <= len(text)
        assert found.problem in str(found)
    else:
        assert parse_selector(str(found)) == found


def _read(text: str) -> Selector | InvalidSelector:
    try:
        return parse_selector(text)
    except InvalidSelector as error:
        return error


LABELS = {"app": "web", "tier": "front", "rank": "7", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("  ", True),
        ("app=web", True),
        ("app == web", True),
        ("app=db", False),
        ("none=web", False),
        ("app!=db", True),
        ("app!=web", False),
        ("none!=web", True),
        ("tier in (front, back)", True),
        ("tier in(back)", False),
        ("none in (front)", False),
        ("tier notin (back)", True),
        ("tier notin (front)", False),
        ("none notin (front)", True),
        ("app", True),
        ("none", False),
        ("!none", True),
        ("! app", False),
        ("empty", True),
        ("empty=", True),
        ("empty in (,x)", True),
        ("app=", False),
        ("rank>6", True),
        ("rank > 7", False),
        ("rank<8", True),
        ("app>1", False),
        ("none<1", False),
        ("app=web,tier!=back,!none", True),
        ("app=web,tier=back", False),
    ],
)
def test_a_selector_matches_as_in_kubernetes(text: str, matches: bool) -> None:
    assert parse_selector(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "position"),
    [
        (",", 0),
        ("a,", 2),
        ("a=b,,c", 4),
        ("a b", 2),
        ("a=b c", 4),
        ("a=b=c", 3),
        ("!a=b", 2),
        ("!", 1),
        ("a in", 4),
        ("a in b", 5),
        ("a in ()", 6),
        ("a in (b", 7),
        ("a in (b c)", 8),
        ("(a)", 0),
        ("a>", 2),
        ("a>x", 2),
        ("-a=b", 0),
        ("a=-b", 2),
        ("UPPER.example/a", 0),
        ("a/b/c", 0),
        ("é=1", 0),
        ("k" * 64, 0),
        ("a=" + "v" * 64, 2),
        ("p" * 254 + "/a", 0),
    ],
)
def test_what_is_no_selector_is_refused_where_it_goes_wrong(text: str, position: int) -> None:
    with pytest.raises(InvalidSelector, match=f"at position {position}") as caught:
        parse_selector(text)
    assert caught.value.position == position
    assert caught.value.text == text


def test_a_label_may_be_called_like_an_operator() -> None:
    assert parse_selector("in in (in),notin").requirements == (
        Requirement("in", "in", ("in",)),
        Requirement("notin", "exists"),
    )


def test_a_repeated_value_counts_once() -> None:
    assert parse_selector("a in (x,y,x)").requirements == (Requirement("a", "in", ("x", "y")),)
