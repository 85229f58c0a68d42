"""Nobody reads a Secret's value in what is shown, and everybody sees which are equal."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.plans.change import Change
from kube.plans.diff import field_changes, unified
from kube.plans.inverse import undo_change
from kube.plans.judgement import judge
from kube.plans.masking import Masker, hidden
from kube.plans.values import ABSENT
from tests.unit.plans.samples import Object, change, deployment, pods, secret

CANARY = "c4n4ry-in-the-mine"


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_values_are_numbered_as_they_appear_and_equal_ones_look_equal() -> None:
    masker = Masker()
    first = masker.masked(secret(data={"a": encoded("one"), "b": encoded("two")}))
    second = masker.masked(
        secret("other", data={"c": encoded("two"), "d": encoded("three")}, stringData={"e": "one"})
    )
    assert first["data"] == {"a": "+++ (value 1)", "b": "+++ (value 2)"}
    assert second["data"] == {"c": "+++ (value 2)", "d": "+++ (value 3)"}
    assert second["stringData"] == {"e": "+++ (value 1)"}


@pytest.mark.parametrize("value", ["", "x", "no base64!", 7, ["x"], {"a": "x"}])
def test_any_value_is_masked(value: Any) -> None:
    assert Masker().masked(secret(data={"a": value}))["data"] == {"a": "+++ (value 1)"}
    assert Masker().masked(secret(stringData={"a": value}))["stringData"] == {"a": "+++ (value 1)"}


@pytest.mark.parametrize("data", [CANARY, [CANARY]])
def test_data_of_the_wrong_shape_is_masked_too(data: Any) -> None:
    assert Masker().masked(secret(data=data))["data"] == "+++ (value 1)"


def test_everything_else_stays() -> None:
    obj = secret(type="Opaque", immutable=True, data=None, metadata={"labels": {"a": "b"}})
    assert Masker().masked(obj) == obj
    other = deployment(replicas=1)
    assert Masker().masked(other) == other
    assert Masker().masked_at(("data", "a"), ABSENT, of=obj) is ABSENT


@pytest.mark.parametrize(
    "annotation",
    [
        json.dumps({"data": {"a": "x"}}),
        f" [{CANARY}]",
        "H4sIAAAAAAAA",
        f"rotated, was {CANARY}",
        f"rotated, was {encoded(CANARY)}",
    ],
)
def test_annotations_that_tell_a_value_are_masked(annotation: str) -> None:
    obj = secret(data={"a": encoded(CANARY)}, metadata={"annotations": {"x": annotation, "y": "z"}})
    shown = Masker().masked(obj)
    assert shown["metadata"]["annotations"] == {"x": "+++ (value 1)", "y": "z"}
    assert shown["data"] == {"a": "+++ (value 2)"}


def test_another_secret_does_not_hide_what_it_happens_to_hold() -> None:
    masker = Masker()
    masker.masked(secret(data={"user": encoded("shop")}))
    shown = masker.masked(secret("other", metadata={"annotations": {"owner": "team shop"}}))
    assert shown["metadata"]["annotations"] == {"owner": "team shop"}


def test_texts_from_elsewhere_are_masked_in_any_object() -> None:
    masker = Masker([CANARY, "x"])
    told = (f"--password={CANARY}", "x", "xy")
    env = [{"name": "A", "value": value} for value in told]
    shown = masker.masked(deployment(template=pods({"name": "web", "env": env})))
    values = [each["value"] for each in shown["spec"]["template"]["spec"]["containers"][0]["env"]]
    assert values == ["+++ (value 1)", "+++ (value 2)", "xy"]


@pytest.mark.parametrize(
    "message",
    [
        'Invalid value: "pa ss\\nword": must be a number',
        "conflict over pa ss word, twice: pa ss word",
        "the value pa ss\nword is wrong",
        "a long message that ends inside of it: pa ss\\n…",
    ],
)
def test_a_message_that_quotes_a_secret_text_is_masked(message: str) -> None:
    shown = hidden(message, ["pa ss\nword", "abc"])
    assert "***" in shown
    assert "pa ss" not in shown


SECRETS = st.builds(
    lambda data, texts, annotations: secret(
        data={name: encoded(CANARY + value) for name, value in data.items()},
        stringData={name: CANARY + value for name, value in texts.items()},
        metadata={
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"x": CANARY}),
                "cattle.io/applied": json.dumps({"x": CANARY}),
                **{name: f"{value} {CANARY}1" for name, value in annotations.items()},
            }
        },
    ),
    *[st.dictionaries(st.sampled_from("abc"), st.sampled_from(("", "1", "22")), max_size=3)] * 3,
)


@given(SECRETS, SECRETS, SECRETS)
def test_no_text_about_secrets_tells_a_value(before: Object, after: Object, live: Object) -> None:
    before["data"]["former"] = encoded(CANARY + "1")  # it may still stand in an annotation
    masker = Masker()
    pairs = ((before, after), (None, after), (before, None))
    texts = [unified(*pair, masker=masker) for pair in pairs]
    texts += [repr(field_changes(*pair, masker=masker)) for pair in pairs]
    texts.append(repr(judge(live, before, after, masker=masker)))
    undone = undo_change(change("update", before, after), live, masker=masker)
    texts.append("" if isinstance(undone, Change) else repr(undone))
    for text in texts:
        assert CANARY not in text
        assert encoded(CANARY)[:20] not in text


@given(SECRETS, SECRETS)
def test_masks_differ_where_values_do(before: Object, after: Object) -> None:
    for each in field_changes(before, after):
        assert each.before != each.after
