from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest
import yaml

from kube.manifests import reader
from kube.manifests.documents import Document, load
from kube.manifests.limits import Limits
from kube.manifests.problems import InvalidManifest
from kube.objects.ref import ObjectRef

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
PEM = "-----BEGIN KEY-----\nabc\n---\ndef\n-----END KEY-----\n"


def config(name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **fields}


def data_of(value: str) -> Any:
    """What `value` becomes as the only value of a ConfigMap."""
    (document,) = load(f"{CONFIG}data:\n  k: {value}\n")
    return document.object["data"]["k"]


def test_documents_keep_their_order_index_and_line() -> None:
    text = "# a comment\n---\n" + CONFIG + "---\n\n# another\n" + CONFIG.replace(" a", " b")
    assert load(text) == (Document(1, 3, config("a")), Document(2, 9, config("b")))


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n---\n", "---\nnull\n", "~", "--- # x\n...\n"]
)
def test_empty_documents_are_left_out(text: str) -> None:
    assert load(text) == ()


def test_an_empty_document_still_counts() -> None:
    assert [document.index for document in load("---\n---\n" + CONFIG)] == [2]


def test_a_document_names_its_object_and_does_not_show_it() -> None:
    (document,) = load(CONFIG.replace("name: a", "name: a, namespace: team"))
    assert document.ref == ObjectRef(
        api_version="v1", kind="ConfigMap", name="a", namespace="team", uid=None
    )
    assert repr(document) == "Document(index=1, line=1)"


def test_an_empty_namespace_is_none() -> None:
    (document,) = load(CONFIG.replace("name: a", 'name: a, namespace: ""'))
    assert document.ref.namespace is None


def test_a_separator_inside_a_block_scalar_is_text() -> None:
    text = CONFIG + "data:\n  key.pem: |\n" + textwrap.indent(PEM, "    ")
    (document,) = load(text)
    assert document.object["data"] == {"key.pem": PEM}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_too(indent: int | str | None) -> None:
    value = config("a", data={"k": 'é😀 "\\ \n', "n": [1, -2, 2.5, 1e3, True, None]})
    (document,) = load(json.dumps(value, indent=indent))
    assert document.object == value


def test_an_escaped_backslash_is_no_surrogate_of_json() -> None:
    value = config("a", data={"k": "\\ud83d\\ude00"})
    assert load(json.dumps(value))[0].object == value


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    (document,) = load("\ufeff" + CONFIG.replace("\n", "\r\n"))
    assert document.object == config("a")


def test_lists_are_taken_apart_and_keep_lines() -> None:
    text = """\
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: ConfigMap
          metadata: {name: a}
        - apiVersion: v1
          kind: ConfigMapList
          metadata: {resourceVersion: "1"}
          items:
          - metadata: {name: b}
          - apiVersion: v1
            kind: ConfigMap
            metadata: {name: c}
        """
    assert load(textwrap.dedent(text)) == (
        Document(1, 4, config("a")),
        Document(1, 11, config("b")),
        Document(1, 12, config("c")),
    )


@pytest.mark.parametrize("items", ["", "items: []\n", "items:\n", "items: null\n"])
def test_an_empty_list_holds_nothing(items: str) -> None:
    assert load(f"apiVersion: v1\nkind: List\n{items}") == ()


def test_a_kind_that_only_ends_like_a_list_is_an_object() -> None:
    text = "apiVersion: net.example.com/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n"
    assert load(text)[0].ref.kind == "AllowList"


def test_anchors_aliases_and_merge_keys_are_written_out() -> None:
    text = CONFIG + "base: &base {x: 1, y2: 2}\ncopy: *base\nmore: {<<: *base, x: 3}\n"
    (document,) = load(text)
    assert document.object["copy"] == {"x": 1, "y2": 2}
    assert document.object["more"] == {"x": 3, "y2": 2}
    assert document.object["copy"] is not document.object["base"]


def test_the_first_of_many_merged_mappings_wins() -> None:
    text = CONFIG + "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nm: {<<: [*a, *b]}\n"
    assert load(text)[0].object["m"] == {"x": 1, "z": 3}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert load(CONFIG + 'm: {"<<": {x: 1}}\n')[0].object["m"] == {"<<": {"x": 1}}


@pytest.mark.parametrize(
    ("tagged", "value"),
    [
        ("!!str 1", "1"),
        ("! 1", "1"),
        ('!!int "5"', 5),
        ("!!float 5", 5),
        ("!!bool yes", True),
        ("!!null ~", None),
        ("!!map {a: b}", {"a": "b"}),
        ("!!seq [a]", ["a"]),
    ],
)
def test_the_tags_of_json_types_are_taken(tagged: str, value: object) -> None:
    assert data_of(tagged) == value


def test_several_problems_are_told_at_once() -> None:
    text = "kind: A\n---\n" + CONFIG + "x: {a: 1, a: 2}\n---\napiVersion: v1\n---\n[\n"
    with pytest.raises(InvalidManifest) as caught:
        load(text)
    found = [(problem.document, problem.line) for problem in caught.value.problems]
    assert found == [(1, 1), (1, 1), (2, 6), (3, 8), (3, 8), (4, 10)]
    assert str(caught.value).startswith("6 problems:\n- document 1, line 1: ")
    assert (caught.value.document, caught.value.line) == (1, 1)


def test_no_more_problems_are_told_than_the_limit() -> None:
    with pytest.raises(InvalidManifest) as caught:
        load("kind: A\n---\n" * 50, Limits(problems=7))
    assert len(caught.value.problems) == 7


def test_one_object_in_two_versions_is_one_object() -> None:
    text = "apiVersion: autoscaling/v{}\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\n"
    with pytest.raises(InvalidManifest, match="is also document 1") as caught:
        load(text.format(1) + "---\n" + text.format(2))
    assert caught.value.problems[0].reason == "duplicate-object"


def test_the_same_name_in_two_namespaces_or_groups_is_two_objects() -> None:
    texts = [
        CONFIG.replace("name: a", "name: a, namespace: one"),
        CONFIG.replace("name: a", "name: a, namespace: two"),
        CONFIG.replace("apiVersion: v1", "apiVersion: other.example.com/v1"),
    ]
    assert len(load("---\n".join(texts))) == 3


@pytest.mark.parametrize("text", [CONFIG, "a: [", "a:\n\t- b", "a: \x07", "é: é\nb: \x07"])
def test_the_pure_python_parser_agrees(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome() -> object:
        try:
            return load(text)
        except InvalidManifest as error:
            return error.problems[0].reason, error.document, error.line

    expected = outcome()
    monkeypatch.setattr(reader, "_Loader", yaml.SafeLoader)
    monkeypatch.setattr(reader, "_OFFSETS_ARE_BYTES", False)
    assert outcome() == expected
