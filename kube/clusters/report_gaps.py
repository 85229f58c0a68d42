"""What a refresh could not see, and what to do about it: no connection, no right, no API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from kube.clusters.badge import badge
from kube.clusters.history import HistoryPoint
from kube.clusters.snapshot import ClusterSnapshot, Fact, Reach, ReachStatus
from kube.records.report.figures import ago, count, moment, percent
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    bullets,
    code,
    details,
    document,
    fence,
    heading,
    join,
    quote,
    sentence,
    strong,
    table,
    text,
)

READS: dict[str, tuple[tuple[str, str], ...]] = {
    "nodes": (("", "nodes"),),
    "namespaces": (("", "namespaces"),),
    "pods": (("", "pods"),),
    "workloads": (("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")),
    "claims": (("", "persistentvolumeclaims"),),
    "events": (("", "events"),),
    "usage": (("metrics.k8s.io", "nodes"),),
    "resources": (("", "nodes"), ("", "pods")),
}
"""What each fact lists: (API group, resource)."""

_FAILED: dict[ReachStatus, str] = {
    "ok": "The API server answers.",
    "dns": "The name of the API server does not resolve.",
    "refused": "The API server's host refuses the connection.",
    "tls": "The TLS handshake with the API server failed.",
    "timeout": "The API server did not answer in time.",
    "connection": "The connection to the API server broke.",
    "unauthorized": "The API server does not accept the credentials (401).",
    "forbidden": "The API server knows the user and allows nothing of this (403).",
    "server": "The API server answers with an error.",
}
_CHECKS: dict[ReachStatus, tuple[str, ...]] = {
    "ok": (),
    "dns": (
        "Is the server's address in the cluster block spelled right?",
        "Does the name resolve on the worker? A private zone needs a worker inside its network:"
        " set the cluster's work pool.",
    ),
    "refused": (
        "Is the API server running, and is the port in the cluster block right?",
        "Did the control plane move to another address?",
    ),
    "tls": (
        "Was the cluster's CA renewed? Compare its fingerprint with the one in the cluster block.",
        "Does the certificate name the address that is used? `tls-server-name` names another one.",
        "Is there a proxy between that opens TLS, or is the worker's clock wrong?",
    ),
    "timeout": (
        "Does a firewall, security group or VPN stand between the worker and the API server?",
        "Is the control plane overloaded? Its host's load and the API server's log tell.",
        "Does the cluster need a proxy, or a work pool nearer to it?",
    ),
    "connection": (
        "Does a load balancer or proxy between cut connections?",
        "Is the API server restarting? Its log and the next refresh tell.",
    ),
    "unauthorized": (
        "Did the token or client certificate in the cluster block expire, or was it revoked?",
        "Does the exec plugin run on the worker, with an account that is signed in?",
        "Was the cluster built anew under the same address?",
    ),
    "forbidden": (
        "Is the read role bound to the user of the cluster block?",
        "`kubectl auth can-i --list` with the same credentials shows what it may do.",
    ),
    "server": (
        "Is etcd healthy? The API server's `/readyz?verbose` and its log name the failing part.",
        "Did a webhook or an aggregated API fail? Both can fail requests of everybody.",
    ),
}


def unreached(snapshot: ClusterSnapshot, history: Sequence[HistoryPoint]) -> Markdown:
    """Say why a cluster was not reached, what was last known of it, and what to check next."""
    reach = snapshot.reach
    return document(
        heading(3, text("What failed")),
        _what_failed(snapshot.server, reach),
        heading(3, text("Last known")),
        _last_known(snapshot, history),
        heading(3, text("Check next")) if _CHECKS[reach.status] else NOTHING,
        bullets(Markdown(check) for check in _CHECKS[reach.status]),
    )


def _what_failed(server: str, reach: Reach) -> Markdown:
    told = sentence(
        "{} Tried: {}, for {}.",
        strong(text(_FAILED[reach.status])),
        code(host_of(server)),
        text(f"{reach.seconds:.1f} s"),
    )
    return document(told, quote(text(reach.message, 1000)))


def _last_known(snapshot: ClusterSnapshot, history: Sequence[HistoryPoint]) -> Markdown:
    ok_at, now = snapshot.standing.last_ok_at, snapshot.taken_at
    seen = next((p for p in reversed(history) if p.nodes is not None or p.pods is not None), None)
    healthy = f"Last healthy {ago(ok_at, now)} ({moment(ok_at)})." if ok_at else ""
    lines = [text(healthy or "No refresh found it healthy yet.")]
    if seen is not None:
        lines.append(
            sentence("Last measured {}: {}.", text(ago(seen.taken_at, now)), _figures(seen))
        )
    return bullets(lines)


def _figures(point: HistoryPoint) -> Markdown:
    nodes = f"{point.nodes_ready} of {point.nodes} nodes ready" if point.nodes is not None else ""
    pods = count(point.pods, "pod") if point.pods is not None else ""
    cpu, memory = point.cpu_requested_ratio, point.memory_requested_ratio
    asked = "" if cpu is None else f"CPU requested {percent(cpu)}, memory {percent(memory)}"
    return join([text(part) for part in (badge(point.status), nodes, pods, asked)], ", ")


def facts_of(snapshot: ClusterSnapshot) -> dict[str, Fact[Any]]:
    """Return the facts of a snapshot by name, in the order they are shown."""
    return {name: getattr(snapshot, name) for name in READS}


def denied(snapshot: ClusterSnapshot) -> Markdown:
    """Name the permissions that are missing for what could not be read, and how to grant them."""
    names = [name for name, fact in facts_of(snapshot).items() if fact.status == "denied"]
    if not names:
        return NOTHING
    facts = facts_of(snapshot)
    rows = [[text(name), _missing(name), text(facts[name].reason, 300)] for name in names]
    return document(
        heading(3, text(f"Not allowed to read: {', '.join(names)}")),
        table(("Fact", "Missing permission", "The server says"), rows),
        details("The rules that allow it", fence(_rules(names), "yaml")),
    )


def _missing(name: str) -> Markdown:
    told = (f"list {resource}{f'.{group}' if group else ''}" for group, resource in READS[name])
    return join([code(permission) for permission in told], ", ")


def _rules(names: Sequence[str]) -> str:
    """Return the rules of a ClusterRole that allow reading these facts."""
    groups: dict[str, list[str]] = {}
    for name in names:
        for group, resource in READS[name]:
            found = groups.setdefault(group, [])
            if resource not in found:
                found.append(resource)
    lines = ["rules:"]
    for group, resources in groups.items():
        lines += [f'- apiGroups: ["{group}"]', f"  resources: [{', '.join(resources)}]"]
        lines += ["  verbs: [get, list, watch]"]
    return "\n".join(lines)


def host_of(server: str) -> str:
    """Return host and port of a server's address, without anything that signs in."""
    try:
        return urlsplit(server).netloc.rpartition("@")[2] or server
    except ValueError:
        return server
