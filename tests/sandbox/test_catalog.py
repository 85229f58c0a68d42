import platform
import re
from pathlib import Path

import pytest

from sandbox import versions
from sandbox.binaries.catalog import CATALOG, architecture, of_project
from sandbox.errors import UnsupportedPlatform

MODULES = Path(__file__).parents[2] / "sandbox" / "modules"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kube-apiserver", "Kubernetes v1.36.4\n"),
        ("kube-apiserver", "Kubernetes v1.36.0-rc.1\n"),
        ("kubectl", "Client Version: v1.36.9\nKustomize Version: v5.8.1\n"),
        ("etcd", "etcd Version: 3.6.14\nGit SHA: v3.6.14\n"),
        ("kwok", "kwok version v0.8.0 go1.26.8 (linux/amd64)\n"),
        ("helm", "v4.2.4+g1234567\n"),
    ],
)
def test_the_pinned_minor_version_is_accepted(name: str, text: str) -> None:
    assert CATALOG[name].accepts(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kube-apiserver", "Kubernetes v1.35.4\n"),
        ("kube-apiserver", "Kubernetes v0.0.0-master+$Format:%H$\n"),
        ("kubectl", "Client Version: v1.3.64\n"),
        ("etcd", "etcd Version: 13.6.14\n"),
        ("helm", "v4.2\n"),
        ("helm", ""),
    ],
)
def test_any_other_version_is_refused(name: str, text: str) -> None:
    assert not CATALOG[name].accepts(text)


def test_asset_variables_are_spelled_as_envtest_spells_them() -> None:
    assert CATALOG["kube-apiserver"].asset_variable == "TEST_ASSET_KUBE_APISERVER"


@pytest.mark.parametrize(
    ("module", "pin"),
    [
        ("kubernetes", f"k8s.io/kubernetes v{versions.KUBERNETES}"),
        ("kubernetes", f"k8s.io/api v0{versions.KUBERNETES[1:]}"),
        ("etcd", f"go.etcd.io/etcd/server/v3 v{versions.ETCD}"),
    ],
)
def test_the_go_modules_have_the_same_pins(module: str, pin: str) -> None:
    assert pin in (MODULES / module / "go.mod").read_text()


@pytest.mark.parametrize("module", ["kubernetes", "etcd"])
def test_the_go_modules_need_no_newer_go_than_we_ask_for(module: str) -> None:
    needed = re.search(r"^go (\d+)\.(\d+)", (MODULES / module / "go.mod").read_text(), re.M)
    assert needed is not None
    assert tuple(map(int, needed.groups())) <= versions.GO_MINIMUM


def test_the_kubernetes_module_has_a_tool_per_executable() -> None:
    tools = re.findall(r"^tool k8s.io/kubernetes/cmd/(\S+)", _text("kubernetes"), re.M)
    assert sorted(tools) == sorted(binary.name for binary in of_project("kubernetes"))


@pytest.mark.parametrize(("machine", "name"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_linux_is_supported(machine: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert architecture() == name


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_elsewhere_we_say_so(system: str, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(UnsupportedPlatform, match=f"not on {system} {machine}"):
        architecture()


def _text(module: str) -> str:
    return (MODULES / module / "go.mod").read_text()
