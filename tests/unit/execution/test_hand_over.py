"""What our patch put back belongs to our apply again, and nobody else's fields move."""

from __future__ import annotations

from typing import Any

from kube.execution.hand_over import handed_over

Entry = dict[str, Any]


def entry(manager: str, operation: str, fields: dict[str, Any], **more: str) -> Entry:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsV1": fields,
        **more,
    }


APPLIED = entry("capstan", "Apply", {"f:data": {"f:a": {}}})
OTHER = entry("kubectl", "Update", {"f:data": {"f:z": {}}})
STATUS = entry("capstan", "Update", {"f:status": {}}, subresource="status")


def test_the_fields_of_the_patch_join_those_of_the_apply() -> None:
    updated = entry("capstan", "Update", {"f:data": {".": {}, "f:b": {}}, "f:type": {}})
    merged: Entry = {"f:data": {".": {}, "f:a": {}, "f:b": {}}, "f:type": {}}
    assert handed_over([OTHER, APPLIED, STATUS, updated], "capstan") == [
        OTHER,
        {**APPLIED, "fieldsV1": merged},
        STATUS,
    ]


def test_an_object_that_we_do_not_apply_or_did_not_patch_is_left_alone() -> None:
    updated = entry("capstan", "Update", {"f:data": {"f:b": {}}})
    assert handed_over([OTHER, updated], "capstan") is None
    assert handed_over([OTHER, APPLIED, STATUS], "capstan") is None
