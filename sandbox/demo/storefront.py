"""A storefront from a template: planned, approved, applied, broken, caught, and taken back."""

from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import FlowRun

from sandbox.audit import AuditLog
from sandbox.demo.runs import Say, Stop, digest_of, page, reference, run, run_with_approval
from sandbox.errors import TourFailed

TEMPLATE = "storefront"
TEXT = Path(__file__).with_name("storefront.yaml").read_text()
APPLY, UNDO = "apply-yaml/default", "undo/default"
VARIABLES = [
    {"name": "theme", "default": "spring"},
    {"name": "tag", "required": True, "description": "Tag of the image."},
    {"name": "replicas", "type": "integer", "default": 3},
]


async def show_storefront(audit: AuditLog, ui: str, say: Say) -> list[Stop]:
    """Go the one way that every change takes, and back.

    Returns:
        What to open in the UI, in order.

    Raises:
        TourFailed: A run ended otherwise than it should, or an apply of what is there wrote.
    """
    template = {"name": TEMPLATE, "source": {"text": TEXT}, "details": {"variables": VARIABLES}}
    await run("save-template/default", template, say)
    planned = await run(APPLY, _apply("1.0", "plan"), say)
    applied = await run_with_approval(
        APPLY, _apply("1.0", "ask"), say, await digest_of(planned), "ann"
    )
    await _apply_again(audit, say)
    broken = await run(
        APPLY, _apply("missing", "apply", on_failure="undo"), say, expected="RolledBack"
    )
    way_back = await run(UNDO, _undo(applied, "plan"), say)
    undone = await run_with_approval(
        UNDO, _undo(applied, "ask"), say, await digest_of(way_back), "ann"
    )
    return [
        Stop("the plan of the storefront, before anything was changed", await page(ui, planned)),
        Stop("what was approved and applied", await page(ui, applied)),
        Stop("a broken image: its cause in one line, undone", await page(ui, broken)),
        Stop("the storefront taken back to nothing", await page(ui, undone)),
    ]


async def _apply_again(audit: AuditLog, say: Say) -> None:
    before = audit.end()
    await run(APPLY, _apply("1.0", "apply"), say, expected="Unchanged")
    written = [one for one in audit.writes_since(before) if TEMPLATE in one]
    if written:
        raise TourFailed(f"An apply of what is there already wrote: {written[0]}")
    say("the audit log of the API server shows no write of it")


def _one_cluster() -> dict[str, Any]:
    return {"cluster": reference("capstan-cluster")}


def _undo(applied: FlowRun, mode: str) -> dict[str, Any]:
    return _one_cluster() | {"run_id": str(applied.id), "run": {"mode": mode}}


def _apply(tag: str, mode: str, **run_options: str) -> dict[str, Any]:
    return _one_cluster() | {
        "manifests": {"template": TEMPLATE, "variables": {"tag": tag}},
        "options": {"allow_mixed_namespaces": True},
        "run": {"mode": mode, "requested_by": "bob", "timeout_seconds": 60, **run_options},
    }
