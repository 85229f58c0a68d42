"""A plan told where its objects come from, and which texts in it are secret."""

from __future__ import annotations

from collections.abc import Iterable

from kube.manifests.documents import Document
from kube.plans.masking import hidden
from kube.plans.plan import Blocker, Plan
from kube.sources.bundle import Bundle


def with_origin(plan: Plan, bundle: Bundle) -> Plan:
    """Return a plan that knows its source and the secret values in its objects.

    What the server said of an object may quote a value; it is masked here, before it is shown.
    """
    texts = bundle.secret_texts
    return plan.model_copy(
        update={
            "source": bundle.source,
            "secret_texts": texts,
            "warnings": (*_secret_warnings(bundle), *bundle.warnings, *plan.warnings),
            "blockers": tuple(_masked(blocker, texts) for blocker in plan.blockers),
        }
    )


def _masked(blocker: Blocker, texts: Iterable[str]) -> Blocker:
    return blocker.model_copy(update={"message": hidden(blocker.message, texts)})


def _secret_warnings(bundle: Bundle) -> tuple[str, ...]:
    secrets = [str(one.ref) for one in bundle.documents if _has_values(one)]
    if bundle.source.kind != "text" or not secrets:
        return ()
    return (
        f"{', '.join(secrets)}: a manifest given as text is a parameter, and Prefect's server "
        "keeps parameters in clear. Do not put values there that must stay secret: take a template "
        "with secret variables.",
    )


def _has_values(document: Document) -> bool:
    holders = (document.object.get("data"), document.object.get("stringData"))
    return document.ref.kind == "Secret" and any(holders)
