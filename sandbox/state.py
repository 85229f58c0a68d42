"""The folder of one control plane: claimed, cleared, filled."""

import shutil
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from sandbox import stages
from sandbox.components import Layout
from sandbox.errors import StateInUse

MARKER = "capstan-sandbox"
LOGGED_AS_NOBODY = (
    "system:kube-controller-manager",
    "system:kube-scheduler",
    "system:apiserver",
    "kwok",
    "metrics-server",
    "sandbox",
)
POD_LOG = """\
2026-01-02T03:04:05Z stdout F simulated: this container runs nothing
2026-01-02T03:04:06Z stdout F simulated: ready
"""
PREVIOUS_POD_LOG = """\
2026-01-02T03:04:04Z stdout F simulated: starting
2026-01-02T03:04:05Z stderr F simulated: panic: this container crashed
"""


def own(folder: Path) -> None:
    """Make a folder, or check that it is one of ours, because a start deletes in it.

    Raises:
        StateInUse: The folder holds somebody else's files.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    marker = folder / MARKER
    if not marker.exists() and any(folder.iterdir()):
        raise StateInUse(f"{folder} holds files that are not a sandbox's; name another folder")
    marker.touch()


def claim(folder: Path) -> FileLock:
    """Claim a folder for one control plane.

    Args:
        folder: Made if it is not there.

    Returns:
        A held lock; it falls when it is released or this process ends.

    Raises:
        StateInUse: A control plane runs there, or the folder holds somebody else's files.
    """
    own(folder)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StateInUse(
            f"a control plane runs in {folder}; stop it, or name another folder"
        ) from None
    return lock


def clear(folder: Path) -> None:
    """Remove what an earlier control plane left in a claimed folder, and nothing else."""
    for name in ("etcd", "pki", "logs", "kubeconfigs", "simulation", "podlogs", "audit", "cache"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "kubeconfig").unlink(missing_ok=True)


def prepare(layout: Layout) -> None:
    """Make the folders, the audit policy, the pods' log files and the kwok configuration."""
    podlogs = layout.state / "podlogs"
    for folder in (
        layout.logs,
        layout.simulation,
        podlogs,
        layout.audit_log.parent,
        layout.component_kubeconfig("x").parent,
    ):
        folder.mkdir(mode=0o700, exist_ok=True)
    (podlogs / "default.log").write_text(POD_LOG)
    (podlogs / "previous.log").write_text(PREVIOUS_POD_LOG)
    layout.audit_policy.write_text(audit_policy())
    for name, text in stages.render(podlogs).items():
        (layout.simulation / name).write_text(text)


def audit_policy() -> str:
    """Return a policy that logs every request of a user, and none of the control plane's own."""
    return yaml.safe_dump(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {"level": "None", "users": list(LOGGED_AS_NOBODY)},
                {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"]},
                {"level": "None", "nonResourceURLs": ["/livez*", "/readyz*", "/healthz*"]},
                {"level": "Metadata"},
            ],
        },
        sort_keys=False,
    )
