from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from kube.manifests.documents import Document, duplicates
from kube.manifests.names import is_label
from kube.manifests.problems import InvalidManifest, Problem, Reason
from kube.objects.resource import ResourceType

Lookup = Callable[[str, str], ResourceType | None]
"""Finds the type of an apiVersion and a kind; None where the cluster does not serve it."""


def lookup_in(types: Iterable[ResourceType]) -> Lookup:
    """Return a lookup in types that were read before."""
    known = {(each.api_version, each.kind): each for each in types}
    return lambda api_version, kind: known.get((api_version, kind))


def place(
    documents: Sequence[Document],
    lookup: Lookup,
    *,
    namespace: str | None = None,
    allow_mixed: bool = False,
) -> tuple[Document, ...]:
    """Give every namespaced object its namespace, or refuse.

    Args:
        documents: The objects of one bundle. A CustomResourceDefinition among them makes its
            kinds known.
        lookup: Tells which kinds are namespaced.
        namespace: For objects that name none; None refuses them.
        allow_mixed: Take objects of other namespaces than `namespace`, or than the first object's.

    Returns:
        The documents in the same order; those given are not changed.

    Raises:
        InvalidManifest: Unknown kinds, objects without a namespace or with one they cannot have,
            mixed namespaces, or one object twice now that the namespaces are known.

    Source: kubectl's resource.RequireNamespace and SetNamespace, which refuse another namespace
    than the one given; a namespace on a cluster-scoped object is dropped there in silence.
    """
    types = with_defined(documents, lookup)
    problems: list[Problem] = []
    if namespace is not None and not is_label(namespace):
        problems.append(Problem("namespace", f"{namespace!r} is no valid name of a namespace."))
    for document in documents:
        problems.extend(_refusals(document, types, namespace))
    if problems:
        raise InvalidManifest(problems)
    placed = tuple(_placed(document, types, namespace) for document in documents)
    problems = [] if allow_mixed else list(_strays(placed, namespace))
    problems = problems or list(duplicates(placed))
    if problems:
        raise InvalidManifest(problems)
    return placed


def with_defined(documents: Iterable[Document], lookup: Lookup) -> Lookup:
    """Return a lookup that also knows what the CustomResourceDefinitions of a bundle bring.

    What the cluster serves already stands before what the bundle says.
    """
    defined = lookup_in(each for document in documents for each in _defined(document))
    return lambda api_version, kind: lookup(api_version, kind) or defined(api_version, kind)


def _refusals(document: Document, types: Lookup, namespace: str | None) -> Iterator[Problem]:
    ref = document.ref
    found = types(ref.api_version, ref.kind)
    if found is None:
        message = (
            f"The cluster serves no {ref.kind} of {ref.api_version}. Check the spelling, or "
            "install its CustomResourceDefinition first."
        )
        yield _problem("kind", message, document)
    elif not found.namespaced and ref.namespace is not None:
        message = f"{ref.kind} {ref.name} belongs to the whole cluster. Remove its namespace."
        yield _problem("namespace", message, document)
    elif found.namespaced and ref.namespace is None and namespace is None:
        message = f"{ref} names no namespace, and none is given. Add one, or give one."
        yield _problem("namespace", message, document)


def _placed(document: Document, types: Lookup, namespace: str | None) -> Document:
    ref = document.ref
    found = types(ref.api_version, ref.kind)
    if ref.namespace is not None or namespace is None or found is None or not found.namespaced:
        return document
    metadata = {**document.object["metadata"], "namespace": namespace}
    return replace(document, object={**document.object, "metadata": metadata})


def _strays(documents: Iterable[Document], namespace: str | None) -> Iterator[Problem]:
    for document in documents:
        place = document.ref.namespace
        namespace = namespace or place
        if place is not None and place != namespace:
            message = (
                f"{document.ref} is not in the namespace {namespace} like the others. Move it, or "
                "allow mixed namespaces."
            )
            yield _problem("namespace", message, document)


def _defined(document: Document) -> Iterator[ResourceType]:
    """Yield the kinds that a CustomResourceDefinition brings; a malformed one brings none."""
    spec = document.object.get("spec")
    if document.ref.kind != "CustomResourceDefinition" or not isinstance(spec, dict):
        return
    names, versions = spec.get("names"), spec.get("versions")
    if not isinstance(names, dict) or not isinstance(versions, list):
        return
    for version in versions:
        if isinstance(version, dict) and version.get("served"):
            yield ResourceType(
                group=str(spec.get("group", "")),
                version=str(version.get("name", "")),
                kind=str(names.get("kind", "")),
                plural=str(names.get("plural", "")),
                namespaced=spec.get("scope") == "Namespaced",
            )


def _problem(reason: Reason, message: str, document: Document) -> Problem:
    return Problem(reason, message, document.index, document.line, file=document.file)
