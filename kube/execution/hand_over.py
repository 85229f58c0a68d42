"""Give what a patch put back to the apply that owned it."""

from __future__ import annotations

from typing import Any

from kube.api.client import JSON_PATCH, ApiClient
from kube.api.errors import KubeError
from kube.plans.change import Object

MAX_ATTEMPTS = 3
Entry = dict[str, Any]


async def hand_over(api: ApiClient, path: str, patched: Object) -> None:
    """Move the fields that our patch owns to our apply, where the object is ours by apply too.

    Else our next apply would meet our own patch as another manager: in conflict where a value
    differs, and blind where a field or an element left the manifest, which it could not remove.

    It is best effort: without it the object is as it should be, and who owns it can be mended by
    an apply with force.

    Args:
        api: The cluster; its field manager is the one that counts.
        path: Of the object.
        patched: As the patch answered it.

    Source: client-go util/csaupgrade, which does the same for kubectl.
    """
    live = patched
    for _ in range(MAX_ATTEMPTS):
        metadata = live["metadata"]
        entries = handed_over(metadata.get("managedFields") or [], api.settings.field_manager)
        if entries is None:
            return
        version = metadata["resourceVersion"]
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        ]
        try:
            await api.write("PATCH", path, patch, content_type=JSON_PATCH, repeatable=True)
            return
        except KubeError:
            try:
                live = await api.get(path)
            except KubeError:
                return


def handed_over(entries: list[Entry], manager: str) -> list[Entry] | None:
    """Return managedFields in which a manager's update is part of its apply; None: nothing to do.

    Args:
        entries: The managedFields of an object; they are not changed.
        manager: The name of the manager.
    """
    ours = [e for e in entries if e.get("manager") == manager and not e.get("subresource")]
    applied = next((entry for entry in ours if entry["operation"] == "Apply"), None)
    updated = next((entry for entry in ours if entry["operation"] == "Update"), None)
    if applied is None or updated is None or applied["apiVersion"] != updated["apiVersion"]:
        return None
    merged = {**applied, "fieldsV1": _union(applied["fieldsV1"], updated["fieldsV1"])}
    return [merged if entry is applied else entry for entry in entries if entry is not updated]


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {name: _union(one.get(name, {}), other.get(name, {})) for name in sorted({*one, *other})}
