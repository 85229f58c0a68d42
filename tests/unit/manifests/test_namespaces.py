from __future__ import annotations

import pytest

from kube.manifests.documents import load
from kube.manifests.namespaces import Lookup, lookup_in, place
from kube.manifests.problems import InvalidManifest
from kube.objects.resource import ResourceType

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Foo, plural: foos}
  versions:
  - {name: v1, served: true}
  - {name: v0, served: false}
"""


def kind(
    name: str, *, namespaced: bool = True, group: str = "", version: str = "v1"
) -> ResourceType:
    return ResourceType(group, version, name, name.lower() + "s", namespaced)


@pytest.fixture
def lookup() -> Lookup:
    return lookup_in(
        [
            kind("ConfigMap"),
            kind("Namespace", namespaced=False),
            kind("CustomResourceDefinition", namespaced=False, group="apiextensions.k8s.io"),
        ]
    )


def thing(metadata: str, of: str = "ConfigMap", version: str = "v1") -> str:
    return f"apiVersion: {version}\nkind: {of}\nmetadata: {{{metadata}}}\n---\n"


def test_an_object_without_namespace_gets_the_one_given(lookup: Lookup) -> None:
    given = load(
        thing("name: a") + thing("name: b, namespace: team") + thing("name: c", "Namespace")
    )
    placed = place(given, lookup, namespace="team")
    assert [document.ref.namespace for document in placed] == ["team", "team", None]
    assert [document.line for document in placed] == [1, 5, 9]
    assert "namespace" not in given[0].object["metadata"]


def test_objects_may_all_name_their_namespace(lookup: Lookup) -> None:
    given = load(thing("name: a, namespace: team") + thing("name: b, namespace: team"))
    assert place(given, lookup) == given


def test_mixed_namespaces_are_placed_where_they_are_allowed(lookup: Lookup) -> None:
    given = load(
        thing("name: a, namespace: one") + thing("name: b, namespace: two") + thing("name: c")
    )
    placed = place(given, lookup, namespace="three", allow_mixed=True)
    assert [document.ref.namespace for document in placed] == ["one", "two", "three"]


@pytest.mark.parametrize("namespace", [None, "one"])
def test_mixed_namespaces_are_refused(lookup: Lookup, namespace: str | None) -> None:
    given = load(thing("name: a, namespace: one") + thing("name: b, namespace: two"))
    with pytest.raises(
        InvalidManifest, match="ConfigMap two/b is not in the namespace one"
    ) as caught:
        place(given, lookup, namespace=namespace)
    assert (caught.value.document, caught.value.line) == (2, 5)


def test_the_first_object_too_must_be_in_the_namespace_given(lookup: Lookup) -> None:
    with pytest.raises(InvalidManifest) as caught:
        place(load(thing("name: a, namespace: one")), lookup, namespace="two")
    assert caught.value.problems[0].reason == "namespace"


@pytest.mark.parametrize(
    ("text", "namespace", "reason"),
    [
        (thing("name: a"), None, "namespace"),
        (thing("name: a, namespace: x", "Namespace"), "team", "namespace"),
        (thing("name: a", "Deployment", "apps/v1"), "team", "kind"),
        (thing("name: a", "ConfigMap", "v2"), "team", "kind"),
        (thing("name: a"), "Team!", "namespace"),
        (CRD + "---\n" + thing("name: a", "Foo", "example.com/v0"), "team", "kind"),
        (CRD.replace("versions", "x"), "team", None),
        (CRD.replace("{kind: Foo, plural: foos}", "Foo"), "team", None),
        (thing("name: a") + thing("name: a, namespace: team"), "team", "duplicate-object"),
    ],
)
def test_what_cannot_be_placed_is_refused(
    lookup: Lookup, text: str, namespace: str | None, reason: str | None
) -> None:
    given = load(text)
    if reason is None:
        assert place(given, lookup, namespace=namespace) == given
        return
    with pytest.raises(InvalidManifest) as caught:
        place(given, lookup, namespace=namespace)
    assert [problem.reason for problem in caught.value.problems] == [reason]


def test_a_definition_in_the_bundle_makes_its_kind_known(lookup: Lookup) -> None:
    given = load(CRD + "---\n" + thing("name: a", "Foo", "example.com/v1"))
    assert [each.ref.namespace for each in place(given, lookup, namespace="team")] == [None, "team"]
