"""Which executables there are, what each must answer, and where it comes from."""

import platform
import re
from dataclasses import dataclass

from sandbox import versions
from sandbox.errors import UnsupportedPlatform


@dataclass(frozen=True)
class Binary:
    """One executable of the control plane.

    Attributes:
        name: The file name.
        project: What it is released and built with.
        version: The pinned version, without ``v``.
        version_arguments: What makes it print its version and end.
    """

    name: str
    project: str
    version: str
    version_arguments: tuple[str, ...] = ("--version",)

    @property
    def asset_variable(self) -> str:
        """The environment variable that names this file, as envtest spells it."""
        return "TEST_ASSET_" + self.name.upper().replace("-", "_")

    def accepts(self, output: str) -> bool:
        """Tell whether a version text names the pinned minor version.

        Args:
            output: What the executable printed.
        """
        found = re.search(r"\bv?(\d+)\.(\d+)\.\d+", output)
        return found is not None and list(found.groups()) == self.version.split(".")[:2]


CATALOG = {
    binary.name: binary
    for binary in (
        Binary("etcd", "etcd", versions.ETCD),
        Binary("etcdctl", "etcd", versions.ETCD, ("version",)),
        Binary("etcdutl", "etcd", versions.ETCD, ("version",)),
        Binary("kube-apiserver", "kubernetes", versions.KUBERNETES),
        Binary("kube-controller-manager", "kubernetes", versions.KUBERNETES),
        Binary("kube-scheduler", "kubernetes", versions.KUBERNETES),
        Binary("kubectl", "kubernetes", versions.KUBERNETES, ("version", "--client")),
        Binary("kwok", "kwok", versions.KWOK),
        Binary("helm", "helm", versions.HELM, ("version", "--short")),
        Binary("metrics-server", "metrics-server", versions.METRICS_SERVER),
    )
}


def of_project(project: str) -> list[Binary]:
    """List a project's executables, in catalog order."""
    return [binary for binary in CATALOG.values() if binary.project == project]


def architecture() -> str:
    """Return this machine's architecture as Go spells it.

    Raises:
        UnsupportedPlatform: Not Linux on x86-64 or arm64.
    """
    machine = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower()
    )
    if platform.system() != "Linux" or machine is None:
        raise UnsupportedPlatform(
            f"The sandbox runs on Linux (x86-64 or arm64), not on {platform.system()} "
            f"{platform.machine()}: Kubernetes has no server binaries for it. Run it in a Linux "
            "virtual machine, or point the tests to a cluster of your own with --kubeconfig."
        )
    return machine
