"""The way back of a change that was carried out: judged against what is live, then written down."""

from __future__ import annotations

from typing import Literal

from kube.plans.change import Change, Object, Preconditions
from kube.plans.deletion import deletion
from kube.plans.json_patch import Operation, json_patch
from kube.plans.judgement import Judgement, judge
from kube.plans.masking import Masker
from kube.plans.merge_keys import place_of
from kube.plans.normal import comparison_form, without_managed_fields
from kube.plans.plan import Blocker
from kube.plans.recreation import losses, recreation
from kube.plans.touched import reversal
from kube.plans.values import equal

MAX_CONFLICTS_NAMED = 5
Conflicts = Literal["stop", "keep", "force"]


def undo_patch(live: Object, before: Object, after: Object) -> list[Operation]:
    """Return the JSON Patch that puts back what a change touched, and nothing else.

    Fields in conflict stay as they are: call `judge` first, on the same object.

    Args:
        live: The object as it was just read, with its resourceVersion and managedFields.
        before: As in `judge`.
        after: As in `judge`.

    Returns:
        Operations that begin with tests of the resourceVersion and of each value that is replaced;
        [] where nothing goes back. A test that fails comes back as 422, not 409: read and judge
        again.
    """
    return json_patch(live, reversal(live, before, after).target, place_of(live, before, after))


def undo_change(
    change: Change,
    live: Object | None,
    *,
    written: Object | None = None,
    uid: str | None = None,
    masker: Masker | None = None,
    conflicts: Conflicts = "stop",
) -> Change | Blocker | None:
    """Turn one carried-out change around.

    An update is judged field by field; an object that was deleted and made again since is another
    one, and is never touched.

    Args:
        change: The change as it was planned; its `before` is what it goes back to.
        live: The object as read now, with its managedFields; None where there is none.
        written: The object as the write answered it, where it is known. A dry run guesses what
            the server allocates, such as addresses and ports.
        uid: Of the object that was created, where it is known; without it nobody can tell it
            from another of the same name that was created since.
        masker: Masks the values that a blocker names; None counts for this object alone.

        conflicts: What becomes of touched fields that somebody else changed since: `stop` makes a
            blocker, `keep` leaves them as they are, `force` puts them back all the same.

    Returns:
        The inverse change, in the step of the change; None where there is nothing to undo; a
        blocker where somebody else changed the same since. The body of a patch has no test of the
        resourceVersion: the precondition says it.
    """
    match change.action:
        case "create":
            return _undo_creation(change, live, uid)
        case "delete":
            return _undo_deletion(change, live)
        case "update":
            return _undo_update(change, live, written or change.after, masker, conflicts)
        case _:
            return None


def _undo_creation(change: Change, live: Object | None, uid: str | None) -> Change | Blocker | None:
    if live is None:
        return None
    found = live["metadata"]["uid"]
    if uid not in (None, found):
        return _blocker(change, "the object that was created is gone, and another has its name")
    return deletion(
        change.resource,
        change.ref,
        live,
        step=change.step,
        reason="it was created by the operation that is undone",
        origin=change.origin,
    )


def _undo_deletion(change: Change, live: Object | None) -> Change | Blocker | None:
    before = change.before
    if before is None:
        return _blocker(change, "it was deleted, and no image of it from before is kept")
    if live is None:
        return _created_again(change, before)
    if live["metadata"].get("deletionTimestamp"):
        return _blocker(change, "it is still being deleted; undo again when it is gone")
    if live["metadata"].get("uid") == before["metadata"].get("uid"):
        return None
    if equal(comparison_form(recreation(live)), comparison_form(recreation(before))):
        return None
    return _blocker(change, "it was made again since, and differently; change that one by hand")


def _created_again(change: Change, before: Object) -> Change:
    body = recreation(before)
    return Change(
        ref=change.ref.as_named,
        resource=change.resource,
        action="create",
        method="create",
        step=change.step,
        after=body,
        body=body,
        preconditions=Preconditions(absent=True),
        reason=" ".join(("it was deleted by the operation that is undone.", *losses(before))),
        checked=False,
        origin=change.origin,
    )


def _undo_update(
    change: Change,
    live: Object | None,
    after: Object | None,
    masker: Masker | None,
    conflicts: Conflicts,
) -> Change | Blocker | None:
    before = change.before
    if before is None or after is None:
        return _blocker(change, "no image of it from before and after the change is kept")
    if live is None:
        return _blocker(change, "it was deleted since; make it again by hand")
    if live["metadata"].get("uid") != before["metadata"].get("uid"):
        return _blocker(change, "it was deleted and made anew since; change the new one by hand")
    judgement = judge(live, before, after, masker=masker)
    force = conflicts == "force"
    if judgement.conflicts and conflicts == "stop":
        return _blocker(change, _conflict_text(judgement))
    if not (judgement.goes_back or (force and judgement.conflicts)):
        return None
    target = reversal(live, before, after, force=force).target
    operations = json_patch(live, target, place_of(live, before, after))
    metadata = live["metadata"]
    return Change(
        ref=change.ref.model_copy(update={"uid": metadata["uid"]}),
        resource=change.resource,
        action="update",
        method="json-patch",
        step=change.step,
        before=without_managed_fields(live),
        after=without_managed_fields(target),
        body=operations[1:],
        preconditions=Preconditions(
            uid=metadata["uid"], resource_version=metadata["resourceVersion"]
        ),
        risk=change.risk,
        reason="it is put back to what it was before the operation that is undone",
        origin=change.origin,
    )


def _blocker(change: Change, message: str) -> Blocker:
    return Blocker(message=message, ref=change.ref, origin=change.origin)


def _conflict_text(judgement: Judgement) -> str:
    conflicts = judgement.conflicts
    named = "; ".join(str(field) for field in conflicts[:MAX_CONFLICTS_NAMED])
    more = len(conflicts) - MAX_CONFLICTS_NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return (
        f"somebody else changed it since ({named}{rest}). Undo again with conflicts: keep to leave "
        "these fields as they are now, or with conflicts: force to put them back all the same; or "
        "change them by hand and plan again"
    )
