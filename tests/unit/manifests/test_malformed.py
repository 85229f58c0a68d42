"""Every way we know to write YAML or an object wrongly: refused, located, and never quoted."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kube.manifests.documents import load
from kube.manifests.limits import Limits
from kube.manifests.problems import InvalidManifest, Reason

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
DEEP = "".join("  " * level + "a:\n" for level in range(30))


class Case(NamedTuple):
    claim: str
    text: str
    reason: Reason
    document: int | None
    line: int | None
    column: int | None = None


YAML = [
    Case("tab as indentation", "a:\n\tb: 1\n", "syntax", 1, 2, 1),
    Case("unclosed list", HEAD + "x: [1, 2\n", "syntax", 1, 4),
    Case("unclosed mapping", HEAD + "x: {a: 1\n", "syntax", 1, 4),
    Case("unclosed quote", HEAD + 'x: "abc\n', "syntax", 1, 4),
    Case("colon in a value", HEAD + "x: a: b\n", "syntax", 1, 4, 5),
    Case("bad indentation", "a:\n  b: 1\n c: 2\n", "syntax", 1, 3, 2),
    Case("list beside a mapping", "a: 1\n- b\n", "syntax", 1, 2, 1),
    Case("at sign", HEAD + "x: @a\n", "syntax", 1, 4, 4),
    Case("backtick", HEAD + "x: `a`\n", "syntax", 1, 4, 4),
    Case("unknown escape", HEAD + 'x: "\\q"\n', "syntax", 1, 4, 5),
    Case("half a surrogate", HEAD + 'x: "\\ud83d"\n', "syntax", 1, 4),
    Case("control character", HEAD + "x: \x07\n", "syntax", 1, 4),
    Case("NUL", HEAD + "x: \x00\n", "syntax", 1, 4),
    Case("lone surrogate in the text", HEAD + "x: \ud800\n", "syntax", None, 4),
    Case("error in the second document", HEAD + "---\na: ]\n", "syntax", 2, 5, 4),
    Case("unknown directive version", "%YAML 7.0\n---\na: 1\n", "syntax", 1, 1),
    Case("undefined tag handle", "a: !x!y 1\n", "syntax", 1, 1),
    Case("duplicate key", HEAD + "x: {a: 1, b: 2, a: 3}\n", "duplicate-key", 1, 4, 17),
    Case("duplicate top-level key", HEAD + "kind: Secret\n", "duplicate-key", 1, 4, 1),
    Case("duplicate key in JSON", '{"a": 1,\n "a": 2}', "duplicate-key", 1, 2, 2),
    Case("two spellings of a key", HEAD + "x: {a: 1, 'a': 2}\n", "duplicate-key", 1, 4, 11),
    Case(
        "merge after a key", HEAD + "b: &b {x: 1}\nc: {x: 2, <<: *b}\n", "duplicate-key", 1, 5, 11
    ),
    Case("two merge keys", HEAD + "c: {<<: {x: 1}, <<: {z: 2}}\n", "duplicate-key", 1, 4, 17),
    Case("merge of a scalar", HEAD + "c: {<<: 3}\n", "key", 1, 4, 9),
    Case("number as a key", HEAD + "data: {8080: x}\n", "key", 1, 4, 8),
    Case("boolean as a key", HEAD + "data:\n  on: x\n", "key", 1, 5, 3),
    Case("null as a key", HEAD + "data: {~: x}\n", "key", 1, 4, 8),
    Case("list as a key", HEAD + "? [a]\n: b\n", "key", 1, 4, 3),
    Case("mapping as a key", HEAD + "x: {{a: b}: c}\n", "key", 1, 4, 5),
    Case("unknown alias", HEAD + "x: *nowhere\n", "alias", 1, 4, 4),
    Case("alias of another document", HEAD + "x: &x 1\n---\n" + HEAD + "x: *x\n", "alias", 2, 9, 4),
    Case("anchor that holds itself", HEAD + "x: &x [*x]\n", "alias", 1, 4, 8),
    Case("python object", HEAD + "x: !!python/object:os.system {}\n", "tag", 1, 4, 4),
    Case("python call", HEAD + "x: !!python/object/apply:os.system [ls]\n", "tag", 1, 4, 4),
    Case("binary", HEAD + "x: !!binary aGk=\n", "tag", 1, 4, 4),
    Case("set", HEAD + "x: !!set {a, b}\n", "tag", 1, 4, 4),
    Case("ordered map", HEAD + "x: !!omap [a: b]\n", "tag", 1, 4, 4),
    Case("timestamp tag", HEAD + "x: !!timestamp 2026-01-01\n", "tag", 1, 4, 4),
    Case("tag of its own", HEAD + "x: !vault abc\n", "tag", 1, 4, 4),
    Case("tag that does not fit", HEAD + "x: !!int abc\n", "tag", 1, 4, 4),
    Case("float as integer", HEAD + "x: !!int 1.5\n", "tag", 1, 4, 4),
    Case("NaN", HEAD + "x: .nan\n", "number", 1, 4, 4),
    Case("infinity", HEAD + "x: [1, -.inf]\n", "number", 1, 4, 8),
    Case("integer beyond 64 bits", HEAD + "x: 9223372036854775808\n", "number", 1, 4, 4),
]

LIMITS = Limits(
    text_bytes=2_000, object_bytes=1_000, depth=20, nodes=200, alias_bytes=1_000, problems=10
)
BOMB = HEAD + "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c]\n"
HUGE = [
    Case("too long a text", HEAD + "#" * 2_000, "size", None, None),
    Case("too long in bytes, not in letters", "#" + "é" * 1_100, "size", None, None),
    Case("too large an object", HEAD + "x: " + "b" * 1_000, "size", 1, 1),
    Case("too many values", HEAD + "x: [" + "1," * 300 + "]", "size", 1, None),
    Case("too deep in blocks", DEEP, "depth", 1, 21, 41),
    Case("too deep in brackets", HEAD + "x: " + "[" * 500, "depth", 1, 4),
    Case("deeper than libyaml goes", "[" * 1_900, "depth", 1, 1),
    Case("alias bomb", BOMB, "alias", 1, 6),
    Case(
        "alias bomb of one long text",
        HEAD + f"a: &a {'x' * 300}\nb: [*a, *a, *a, *a]\n",
        "alias",
        1,
        5,
    ),
]

OBJECTS = [
    Case("text as a document", "just text\n", "shape", 1, 1),
    Case("number as a document", HEAD + "---\n5\n", "shape", 2, 5),
    Case("list as a document", "- a\n- b\n", "shape", 1, 1),
    Case("boolean in a List", "apiVersion: v1\nkind: List\nitems:\n- true\n", "shape", 1, 4),
    Case("no apiVersion", "kind: ConfigMap\nmetadata: {name: a}\n", "identity", 1, 1),
    Case("no kind", "\napiVersion: v1\nmetadata: {name: a}\n", "identity", 1, 2),
    Case("apiVersion is a number", HEAD.replace("v1", "1"), "identity", 1, 1),
    Case("malformed apiVersion", HEAD.replace("v1", "apps/v1/x"), "identity", 1, 1),
    Case("kind is a list", HEAD.replace("ConfigMap", "[ConfigMap]"), "identity", 1, 1),
    Case("malformed kind", HEAD.replace("ConfigMap", "Config Map"), "identity", 1, 1),
    Case("no metadata", "apiVersion: v1\nkind: ConfigMap\n", "identity", 1, 1),
    Case("metadata is a list", HEAD.replace("{name: a}", "[name]"), "identity", 1, 1),
    Case("no name", HEAD.replace("{name: a}", "{}"), "identity", 1, 1),
    Case("empty name", HEAD.replace("{name: a}", '{name: ""}'), "identity", 1, 1),
    Case("generateName", HEAD.replace("name: a", "generateName: a-"), "identity", 1, 1),
    Case("name is a number", HEAD.replace("name: a", "name: 7"), "name", 1, 1),
    Case("name with capitals", HEAD.replace("name: a", "name: App"), "name", 1, 1),
    Case("name with underscore", HEAD.replace("name: a", "name: a_b"), "name", 1, 1),
    Case("name too long", HEAD.replace("name: a", "name: " + "a" * 254), "name", 1, 1),
    Case("dots in a namespace's name", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a.b}\n",
         "name", 1, 1),
    Case("service name too long",
         "apiVersion: v1\nkind: Service\nmetadata: {name: " + "a" * 64 + "}\n", "name", 1, 1),
    Case("slash in a custom name", "apiVersion: a.io/v1\nkind: Foo\nmetadata: {name: a/b}\n",
         "name", 1, 1),
    Case("namespace is a boolean", HEAD.replace("name: a", "name: a, namespace: y"), "name", 1, 1),
    Case("malformed namespace", HEAD.replace("name: a", "name: a, namespace: A"), "name", 1, 1),
    Case("labels are a list", HEAD.replace("name: a", "name: a, labels: [x]"), "labels", 1, 1),
    Case("label is a number", HEAD.replace("name: a", "name: a, labels: {x: 1}"), "labels", 1, 1),
    Case("label is null", HEAD.replace("name: a", "name: a, labels: {x: }"), "labels", 1, 1),
    Case("label key malformed", HEAD.replace("name: a", "name: a, labels: {a/b/c: x}"),
         "labels", 1, 1),
    Case("label value malformed", HEAD.replace("name: a", "name: a, labels: {x: 'a b'}"),
         "labels", 1, 1),
    Case("annotation is a boolean", HEAD.replace("name: a", "name: a, annotations: {x: true}"),
         "labels", 1, 1),
    Case("annotation key malformed", HEAD.replace("name: a", "name: a, annotations: {'': x}"),
         "labels", 1, 1),
    Case("annotations too large",
         HEAD.replace("name: a", f"name: a, annotations: {{x: {'a' * 262_144}}}"), "size", 1, 1),
    Case("one object twice", HEAD + "---\n" + HEAD, "duplicate-object", 2, 5),
    Case("the items of a List are no list", "apiVersion: v1\nkind: List\nitems: {a: b}\n",
         "shape", 1, 1),
    Case("nothing but a type in a List", "apiVersion: v1\nkind: List\nitems:\n- {kind: A}\n",
         "identity", 1, 4),
]  # fmt: skip


def ids(cases: list[Case]) -> list[str]:
    return [case.claim for case in cases]


def told(text: str) -> str:
    """All that an error says of a text; nothing where the text is good."""
    try:
        load(text)
    except InvalidManifest as error:
        return f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    return ""


def check(case: Case, limits: Limits) -> None:
    with pytest.raises(InvalidManifest) as caught:
        load(case.text, limits)
    problem = caught.value.problems[0]
    assert (problem.reason, problem.document, problem.line) == case[2:5], str(problem)
    assert case.column in (None, problem.column)
    assert str(problem.message).endswith((".", "…", "!"))


@pytest.mark.parametrize("case", YAML, ids=ids(YAML))
def test_bad_yaml_is_refused_where_it_stands(case: Case) -> None:
    check(case, Limits())


@pytest.mark.parametrize("case", HUGE, ids=ids(HUGE))
def test_what_is_too_large_is_refused(case: Case) -> None:
    check(case, LIMITS)


@pytest.mark.parametrize("case", OBJECTS, ids=ids(OBJECTS))
def test_what_is_no_object_is_refused(case: Case) -> None:
    check(case, Limits())


def test_billions_of_laughs_cost_nothing() -> None:
    levels = [
        f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 100)
    ]
    with pytest.raises(InvalidManifest) as caught:
        load(HEAD + "l0: &l0 [lol]\n" + "\n".join(levels))
    assert caught.value.problems[0].reason == "alias"


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  key: %s\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {x: '%s'}}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {x: %s, y: 1}}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: [%s\n",
    ],
)
@pytest.mark.parametrize(
    "value",
    ["hunter2 x: y", "*hunter2", "!hunter2", "!!hunter2 x", "&a hunter2 b: c", '"hunter2 \\q"',
     "@hunter2", "`hunter2", "{hunter2", "'hunter2", "%hunter2 : : -", "hunter2\x07",
     "hunter2 \ud800"],
)  # fmt: skip
def test_no_message_holds_a_value(text: str, value: str) -> None:
    assert "hunter2" not in told(text % value)
