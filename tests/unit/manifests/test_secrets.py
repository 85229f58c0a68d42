"""A secret value is in the objects, and nowhere else."""

from __future__ import annotations

import base64
import pickle
from typing import Any

import pytest

from kube.manifests.problems import Invalid, InvalidManifest
from kube.manifests.templates import Rendered, SecretField, Template, render
from kube.manifests.variables import Variable

CANARY = "canary-5f1d:\n- {x}"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
FORMS = (CANARY, "canary", "5f1d", base64.b64encode(CANARY.encode()).decode(), "CANARY")


def filled(text: str, secret: object = CANARY, **declared: Any) -> Rendered:
    variables = (
        Variable(name="pw", secret=True, **declared),
        Variable(name="v", default="plain", required=False),
    )
    return render(Template(name="t", version=1, text=text, variables=variables), {}, {"pw": secret})


def is_told(text: str) -> bool:
    return any(form in text for form in FORMS)


@pytest.mark.parametrize(
    "value",
    [
        "{{ pw }}",
        '"{{ pw }}"',
        "x-{{ pw }}-y",
        "{{ pw | b64encode }}",
        "{{ pw | upper }}",
        "{{ pw[:9] }}",
        "{{ pw ~ 'x' }}",
        "{{ [pw, v] | join }}",
        "{{ {'k': pw} }}",
        "{{ [pw] | tojson }}",
        "'{{ [pw] | tojson }}'",
        "{% set a = pw %}{% set b = a ~ 'x' %}{{ b }}",
        "{% with a = pw %}{{ a }}{% endwith %}",
        "{% for a in [pw] %}{{ a }}{% endfor %}",
        "{% for a in [pw, v] %}{{ loop.previtem | default('x') }}{% endfor %}",
        "{% for a, b in {'k': pw}.items() %}{{ a }}{{ b }}{% endfor %}",
        "{% set n = namespace(x=v) %}{% set n.x = pw %}{{ n.x }}",
        "{% set c = cycler(pw, v) %}{{ c.next() }}",
        "{{ pw if v else v }}",
        "{{ 'canary' if pw else v }}",
    ],
)
@pytest.mark.parametrize("head", [SECRET, CONFIG])
def test_what_is_shown_of_a_rendering_is_masked(head: str, value: str) -> None:
    found = filled(f"{head}data:\n  k: {value}\n  other: {{{{ v }}}}\n")
    assert is_told(str(found.documents[0].object))
    assert not is_told(found.masked_text)
    assert "***" in found.masked_text
    assert not is_told(repr(found))
    assert not is_told(repr(found.documents[0]))


def test_what_is_not_secret_is_shown_except_in_a_secret() -> None:
    text = "data: {k: '{{ pw }}', other: '{{ v }}'}\n"
    shown = filled(f"{CONFIG}{text}---\n{SECRET}{text}").masked_text
    assert shown.split("---\n")[1].endswith("data:\n  k: '***'\n  other: plain\n")
    assert shown.split("---\n")[2].endswith("data:\n  k: '***'\n  other: '***'\n")


def test_the_annotation_of_kubectl_apply_is_masked_in_a_secret() -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    text = SECRET.replace("name: a", f"name: a, annotations: {{{key}: 'canary', x: y1}}")
    shown = filled(text).masked_text
    assert not is_told(shown)
    assert "x: y1" in shown


def test_the_fields_that_hold_secrets_are_named() -> None:
    found = filled(
        f"{CONFIG}---\n{SECRET}stringData: {{a: 'x{{{{ pw }}}}'}}\nlist: [1, {{{{ pw }}}}]\n"
    )
    assert found.secret_fields == (
        SecretField(1, ("stringData", "a")),
        SecretField(1, ("list", 1)),
    )


def test_the_digest_does_not_betray_a_secret() -> None:
    text = SECRET + "stringData: {a: '{{ pw }}', b: '{{ v }}'}\n"
    assert filled(text, "one").text_digest == filled(text, "two").text_digest


@pytest.mark.parametrize(
    "text",
    [
        CONFIG + "data: {'{{ pw }}': x}\n",
        CONFIG + "{{ pw }}: x\n",
        CONFIG.replace("name: a", "name: '{{ pw }}'"),
        CONFIG.replace("name: a", "name: a-{{ pw }}"),
        CONFIG.replace("name: a", "name: a, namespace: '{{ pw }}'"),
        CONFIG.replace("name: a", "name: a, labels: {{ [pw] }}"),
        CONFIG.replace("name: a", "name: a, labels: {'{{ pw }}': x}"),
        CONFIG.replace("{name: a}", "{{ {'name': pw} }}"),
        CONFIG.replace("ConfigMap", "{{ pw }}"),
        CONFIG.replace("v1", "{{ pw }}"),
        "{{ pw }}",
        "apiVersion: v1\nkind: List\nitems: {{ [pw] }}\n",
    ],
)
def test_a_secret_is_no_name_and_no_key(text: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        filled(text)
    assert caught.value.problems[0].reason == "secret"
    assert not is_told(str(caught.value))


@pytest.mark.parametrize(
    "text",
    [
        SECRET + "data: {{ pw.foo }}",
        SECRET + "data: {{ {}[pw] }}",
        SECRET + "data: {{ {'a': 1}[pw] }}",
        SECRET + "data: {{ pw[pw] }}",
        SECRET + "data: {{ pw + 1 }}",
        SECRET + "data: {{ pw | int }}",
        SECRET + "data: {{ pw | b64decode }}",
        SECRET + "data: {{ [1] | map(attribute=pw) }}",
        SECRET + "data: {{ [1] | map(pw) }}",
        SECRET + "data: {{ [1] | select(pw) | list }}",
        SECRET + "data: {{ range(pw) }}",
        SECRET + "data: {{ pw() }}",
        SECRET + "data: {{ {pw: 1}.nope }}",
        SECRET + "data: {{ dict(**{pw: 1}).nope }}",
        SECRET + "data: {{ v.split(pw, pw) }}",
        SECRET + "data: {{ pw }}\n x: y",
        SECRET + "data: [{{ pw }}",
        SECRET + "data: {a: {{ pw }}, a: {{ pw }}}",
        SECRET + "data: *{{ pw }}",
        SECRET + "data: !{{ pw }} x",
        SECRET + "data: !!int {{ pw }}",
        SECRET + "data: !!{{ pw }} x",
        SECRET + "data: '{{ [pw] }}'",
        SECRET + "<<: {{ pw }}",
        SECRET + "---\n" + SECRET + "data: {a: '{{ pw }}'}",
        SECRET.replace("name: a", "name: a, labels: {x: '{{ pw }}'}"),
        SECRET.replace("name: a", "name: A, annotations: {x: '{{ pw }}'}"),
        SECRET.replace("name: a", "name: a, annotations: {x: '{{ pw }}', y1: 1}"),
        "{% for x in pw %}\n- {{ x }}\n{% endfor %}",
        "{% if pw == 'a' %}",
    ],
)
def test_no_error_tells_a_secret(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        filled(text)
    error: BaseException | None = caught.value
    told = [str(error), repr(error), repr(pickle.loads(pickle.dumps(error)))]
    while error is not None:
        told.append(f"{error} {error!r} {error.args}")
        error = error.__cause__ or error.__context__
    assert not is_told("".join(told))


@pytest.mark.parametrize("secret", [5, [CANARY], {CANARY: 1}])
def test_a_secret_of_the_wrong_type_is_not_told(secret: object) -> None:
    with pytest.raises(Invalid) as caught:
        filled(SECRET + "data: {{ pw }}", secret, pattern="[a-z]+")
    assert not is_told(f"{caught.value} {caught.value!r}")


def test_a_typed_secret_is_masked_as_a_whole() -> None:
    found = filled(CONFIG + "data: {{ pw }}\n", {"k": CANARY}, type="map")
    assert found.documents[0].object["data"] == {"k": CANARY}
    assert found.secret_fields == (SecretField(0, ("data",)),)
    assert found.masked_text.endswith("data: '***'\n")
