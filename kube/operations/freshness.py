"""Whether the objects of a plan are still what the planner saw."""

from __future__ import annotations

from collections.abc import Iterator

from kube.api.client import ApiClient
from kube.api.live import Live, read_live
from kube.objects.ref import ObjectRef
from kube.plans.change import Change, Object
from kube.plans.normal import comparison_form
from kube.plans.plan import Plan


async def stale_objects(api: ApiClient, plan: Plan) -> tuple[str, ...]:
    """Read the objects of a plan again and return what changed since, one sentence each.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    live = await read_live(api, ((change.resource, change.ref) for change in plan.changes))
    return tuple(differences(plan, live))


def differences(plan: Plan, live: Live) -> Iterator[str]:
    """Compare a plan with what is live; what only the server and controllers keep does not count.

    Args:
        plan: The plan as it was shown.
        live: Its objects as they are now.
    """
    seen: set[ObjectRef] = set()
    for change in plan.changes:
        # Written a second time, an object is by then what the plan itself made of it.
        if change.ref in seen:
            continue
        seen.add(change.ref)
        told = _difference(change, live.get(change.ref))
        if told is not None:
            yield f"{change.ref} {told}"


def _difference(change: Change, found: Object | None) -> str | None:
    if change.before is None:
        return "was created since" if change.writes and found is not None else None
    if found is None:
        return "was deleted since"
    if change.writes and change.preconditions.uid not in (None, found["metadata"].get("uid")):
        return "was deleted and made anew since"
    # In the plan of the rest of an interrupted one, what is done already is unchanged.
    known = [change.before] if change.writes else [change.before, change.after or change.before]
    form = comparison_form(found)
    return None if any(comparison_form(each) == form for each in known) else "was changed since"
