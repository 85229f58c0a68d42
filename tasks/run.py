from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from prefect.blocks.core import Block
from prefect.context import FlowRunContext
from pydantic import BaseModel, TypeAdapter

from blocks.cluster import Cluster
from kube.records.findings import RunContext
from kube.records.record import Requester, Trigger
from kube.sources.address import shown

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def describe_run(parameters: Mapping[str, Any]) -> RunContext:
    """Describe the flow run that is under way: who asked, for what, on which cluster.

    Args:
        parameters: The flow's parameters as its function received them.

    Raises:
        RuntimeError: Called outside of a flow run.
    """
    context = FlowRunContext.get()
    if context is None or context.flow is None or context.flow_run is None:
        raise RuntimeError("An operation is a flow: call the flow, not its function.")
    clusters = [value.name for value in parameters.values() if isinstance(value, Cluster)]
    return RunContext(
        id=str(context.flow_run.id),
        operation=context.flow.name,
        cluster=clusters[0] if len(clusters) == 1 else None,
        requester=_requester(context.flow_run, parameters),
        parameters={name: redacted(value) for name, value in parameters.items()},
        started_at=datetime.now(UTC),
    )


def redacted(value: Any) -> Any:
    """Return a parameter as JSON that may be stored: blocks by name, secrets masked.

    A text of several lines is a manifest, which may hold a Secret: its digest stands for it. So it
    does for a field that a model leaves out of its repr; a map there keeps its keys.
    """
    if isinstance(value, str) and "\n" in value:
        return _withheld(value)
    if isinstance(value, str) and value.startswith(("https://", "s3://")):
        return shown(value)
    if isinstance(value, Block):
        return {"block": f"{value.get_block_type_slug()}/{value._block_document_name}"}
    if isinstance(value, BaseModel):
        return {
            name: (redacted if field.repr else _withheld)(getattr(value, name))
            for name, field in type(value).model_fields.items()
        }
    if isinstance(value, Mapping):
        return {str(key): redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item) for item in value]
    return _ANY.dump_python(value, mode="json")


def _withheld(value: Any) -> Any:
    if isinstance(value, str):
        content = value.encode(errors="surrogatepass")
        return {"characters": len(value), "sha256": sha256(content).hexdigest()}
    return dict.fromkeys(value, "***") if isinstance(value, Mapping) else value and "***"


def _requester(flow_run: Any, parameters: Mapping[str, Any]) -> Requester:
    typed_name = getattr(parameters.get("run"), "requested_by", "") or ""
    return Requester(
        name=typed_name,
        trigger=_trigger(flow_run),
        parent_run_id=str(flow_run.parent_task_run_id) if flow_run.parent_task_run_id else None,
    )


def _trigger(flow_run: Any) -> Trigger:
    """Tell what started a run; Prefect's server does not tell its UI from any other API client."""
    if flow_run.parent_task_run_id:
        return "parent"
    if flow_run.created_by is not None and flow_run.created_by.type == "AUTOMATION":
        return "automation"
    if flow_run.auto_scheduled:
        return "schedule"
    return "api" if flow_run.deployment_id else "direct"
