from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kube.api.answers import json_of
from kube.api.client import ApiClient
from kube.api.errors import InvalidRequest, UnknownKind
from kube.objects.resource import ResourceType

_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
)


class Discovery:
    """Which kinds a cluster serves, read in two requests and read again for an unknown kind.

    `stale_groups` names the group/versions whose API server did not answer: their kinds may be
    missing.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._lock = asyncio.Lock()
        self._types: tuple[ResourceType, ...] | None = None
        self._reads_begun = 0
        self._read_number = 0
        self.stale_groups: tuple[str, ...] = ()

    async def types(self) -> tuple[ResourceType, ...]:
        """Return every kind; the preferred version of each group stands first.

        Raises:
            KubeError: See `kube.api.errors`.
        """
        async with self._lock:
            if self._types is None:
                await self._read()
            return self._types or ()

    async def find(self, kind: str, api_version: str | None = None) -> ResourceType:
        """Return the type of a kind.

        Args:
            kind: The kind, plural, singular or short name, in any case, as kubectl takes it.
            api_version: `group/version`; None takes the first match in the server's order.

        Raises:
            UnknownKind: Not served, also after discovery was read anew.
        """
        before = self._reads_begun
        while True:
            found = _match(await self.types(), kind, api_version)
            if found is not None:
                return found
            # Many searches at once share one new read: any that began after they did will do.
            if self._read_number > before:
                raise UnknownKind(self._unknown(kind, api_version))
            self._types = None

    async def lookup(self) -> Callable[[str, str], ResourceType | None]:
        """Return a function from apiVersion and kind to the type, None where it is not served.

        Raises:
            KubeError: See `kube.api.errors`.
        """
        known = {(found.api_version, found.kind): found for found in reversed(await self.types())}
        return lambda api_version, kind: known.get((api_version, kind))

    async def _read(self) -> None:
        self._reads_begun += 1
        core, named = await asyncio.gather(_groups(self._api, "/api"), _groups(self._api, "/apis"))
        groups = core + named
        self._read_number = self._reads_begun
        self._types = tuple(_types(groups))
        self.stale_groups = tuple(_stale(groups))

    def _unknown(self, kind: str, api_version: str | None) -> str:
        where = f" in {api_version}" if api_version else ""
        text = f"The cluster serves no kind {kind!r}{where}. Check the spelling and apiVersion, or "
        text += "install the CustomResourceDefinition first."
        if self.stale_groups:
            text += f" These APIs did not answer: {', '.join(self.stale_groups)}."
        return text


async def _groups(api: ApiClient, path: str) -> list[dict[str, Any]]:
    answer = json_of(f"GET {path}", await api.read(path, accept=_AGGREGATED))
    if not isinstance(answer, dict) or "items" not in answer:
        raise InvalidRequest(
            f"GET {path} was not answered with aggregated discovery; Kubernetes 1.27 or newer is "
            "needed.",
            status=406,
        )
    return list(answer["items"] or ())


def _match(
    types: Iterable[ResourceType], kind: str, api_version: str | None
) -> ResourceType | None:
    wanted = kind.lower()
    for resource in types:
        names = (resource.kind.lower(), resource.plural, resource.singular, *resource.short_names)
        if wanted in names and api_version in (None, resource.api_version):
            return resource
    return None


def _types(groups: list[dict[str, Any]]) -> Iterator[ResourceType]:
    for group in groups:
        for version in group["versions"]:
            for resource in version.get("resources") or []:
                kind = (resource.get("responseKind") or {}).get("kind")
                if not kind:  # only subresources are served, such as KubeVirt's
                    continue
                yield ResourceType(
                    group=group["metadata"].get("name", ""),
                    version=version["version"],
                    kind=kind,
                    plural=resource["resource"],
                    singular=resource.get("singularResource", ""),
                    namespaced=resource["scope"] == "Namespaced",
                    verbs=tuple(sorted(resource.get("verbs") or ())),
                    short_names=tuple(resource.get("shortNames") or ()),
                )


def _stale(groups: list[dict[str, Any]]) -> Iterator[str]:
    for group in groups:
        for version in group["versions"]:
            if version.get("freshness") == "Stale":
                name = group["metadata"].get("name", "")
                yield f"{name}/{version['version']}" if name else version["version"]
