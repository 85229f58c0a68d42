"""Start the processes of a control plane in order, each when what it needs is ready."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from sandbox import addons, components, state
from sandbox.api import Api
from sandbox.certificates import Authority
from sandbox.components import Layout, Ports
from sandbox.errors import SandboxError
from sandbox.files import write_private
from sandbox.kubeconfigs import render_kubeconfig
from sandbox.ports import free_ports
from sandbox.processes.child import Child
from sandbox.processes.group import Group
from sandbox.readiness import answers, exists, wait_until

ADMINISTRATORS = "system:masters"
START_SECONDS = 60.0
IN_USE = "address already in use"


@dataclasses.dataclass(frozen=True)
class Options:
    """What a control plane consists of beyond the inevitable."""

    metrics: bool
    audit: bool


@dataclasses.dataclass(frozen=True)
class Running:
    """A started control plane."""

    layout: Layout
    ports: Ports
    authority: Authority
    api: Api
    group: Group


def required(options: Options) -> list[str]:
    """List the executables a control plane needs."""
    names = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]
    return [*names, "kubectl", *(["metrics-server"] if options.metrics else [])]


def launch(layout: Layout, binaries: Mapping[str, Path], options: Options) -> Running:
    """Start everything and return when pods can be created.

    Args:
        layout: Where the files lie; the folder is claimed.
        binaries: The executables by name.
        options: What to start.

    Raises:
        ComponentExited: A process ended during the start.
        NotReady: A process did not become ready within a minute.
    """
    try:
        return _launch_once(layout, binaries, options)
    except SandboxError as error:
        # Between finding a free port and listening on it another process may take it.
        if IN_USE not in str(error):
            raise
    return _launch_once(layout, binaries, options)


def _launch_once(layout: Layout, binaries: Mapping[str, Path], options: Options) -> Running:
    """Start everything on fresh ports; on an error nothing is left running."""
    state.clear(layout.state)
    state.prepare(layout)
    authority = Authority.create(layout.keys)
    ports = Ports(*free_ports(len(dataclasses.fields(Ports))))
    url = f"https://127.0.0.1:{ports.api_server}"
    _write_kubeconfigs(layout, authority, url)
    own = authority.client("sandbox", (ADMINISTRATORS,))
    api = Api(url, layout.keys / "ca.crt", own, layout.keys)
    group = Group(components.STOP_LAST)
    running = Running(layout, ports, authority, api, group)
    try:
        _start_all(running, binaries, options)
    except BaseException:
        group.stop()
        raise
    return running


def _start_all(running: Running, binaries: Mapping[str, Path], options: Options) -> None:
    """Start the processes in order."""
    layout, ports, api = running.layout, running.ports, running.api

    def start(name: str, arguments: list[str]) -> None:
        command = [str(binaries[name]), *arguments]
        running.group.start(Child(name, command, layout.logs / f"{name}.log"))

    def wait_for_health(name: str, url: str) -> None:
        wait_until(name, running.group, lambda: answers(url), timeout_seconds=START_SECONDS)

    start("etcd", components.etcd(layout, ports))
    wait_for_health("etcd", f"http://127.0.0.1:{ports.etcd}/health")
    start("kube-apiserver", components.api_server(layout, ports, audit=options.audit))
    wait_until(
        "kube-apiserver",
        running.group,
        lambda: bool(api.request("GET", "/readyz") == "ok"),
        timeout_seconds=START_SECONDS,
    )
    start("kube-controller-manager", components.controller_manager(layout, ports))
    start("kube-scheduler", components.scheduler(layout, ports))
    start("kwok", components.kwok(layout, ports))
    if options.metrics:
        start("metrics-server", components.metrics_server(layout, ports))
        addons.install_metrics(api, ports.metrics_server)
    addons.install_storage(api)
    manager = f"https://127.0.0.1:{ports.controller_manager}/healthz"
    wait_for_health("kube-controller-manager", manager)
    wait_for_health("kube-scheduler", f"https://127.0.0.1:{ports.scheduler}/healthz")
    wait_for_health("kwok", f"https://127.0.0.1:{ports.kubelet}/healthz")
    # Until it exists every pod is refused.
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    wait_until(
        "ServiceAccount default",
        running.group,
        lambda: exists(api, account),
        timeout_seconds=START_SECONDS,
    )
    if options.metrics:
        wait_until(
            "metrics API",
            running.group,
            lambda: addons.is_available(api),
            timeout_seconds=START_SECONDS,
        )


def _write_kubeconfigs(layout: Layout, authority: Authority, url: str) -> None:
    """Write the administrator's kubeconfig, and one per component under its own name."""
    users = {"kwok": "kwok", "metrics-server": "metrics-server"} | {
        name: f"system:{name}" for name in ("kube-controller-manager", "kube-scheduler")
    }
    for name, user in users.items():
        client = authority.client(user, (ADMINISTRATORS,))
        text = render_kubeconfig(url, authority.certificate, user, client)
        write_private(layout.component_kubeconfig(name), text)
    client = authority.client("admin", (ADMINISTRATORS,))
    write_private(layout.kubeconfig, render_kubeconfig(url, authority.certificate, "admin", client))
