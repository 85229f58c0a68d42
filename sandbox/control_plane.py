"""A control plane that lives as long as a `with` block."""

import contextlib
import datetime
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from sandbox import addons, state
from sandbox.api import Api
from sandbox.binaries.resolver import resolve
from sandbox.components import Layout
from sandbox.errors import ApiRefused, ComponentExited, KubectlFailed
from sandbox.kubeconfigs import render_kubeconfig
from sandbox.launch import Options, Running, launch, required
from sandbox.processes.group import Group
from sandbox.readiness import wait_until

NODES_READY_SECONDS = 60.0
KUBECTL_SECONDS = 60.0
WAIT_SECONDS = 30.0


class ControlPlane:
    """A real API server, etcd, controllers and scheduler, with simulated nodes."""

    def __init__(
        self, state: Path, nodes: int = 3, metrics: bool = False, audit: bool = False
    ) -> None:
        """Describe a control plane; nothing runs before `start` or the `with` block.

        Args:
            state: Its folder, for it alone; every start begins empty.
            nodes: How many nodes it starts with; 0 means none.
            metrics: Run metrics-server and serve metrics.k8s.io.
            audit: Log every request but the control plane's own to `audit_log`.
        """
        self.state = Path(state).absolute()
        self._layout = Layout(self.state)
        self._initial_nodes = nodes
        self._options = Options(metrics, audit)
        self._node_count = 0
        self._binaries: dict[str, Path] = {}
        self._lock: FileLock | None = None
        self._running: Running | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failure = None if self._running is None else self._running.group.failure
        self.stop()
        # A component that died while nobody looked must not pass for a success.
        if failure is not None and error is None:
            raise ComponentExited(failure)

    def start(self) -> None:
        """Start everything; return when pods can be created and all nodes are schedulable.

        Raises:
            BinariesMissing: An executable could not be had; says what to do.
            StateInUse: Another control plane runs in this folder.
            ComponentExited: A process ended during the start; carries its last lines.
            NotReady: A component did not become ready within a minute.
            RuntimeError: Called twice, or outside the main thread.
        """
        if self._running is not None:
            raise RuntimeError("this control plane is started already")
        self._binaries = resolve(required(self._options))
        self._lock = state.claim(self.state)
        try:
            self._running = launch(self._layout, self._binaries, self._options)
            self.add_nodes(self._initial_nodes)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every process and return when all are gone; does nothing when none runs."""
        running, self._running = self._running, None
        self._node_count = 0
        if running is not None:
            if self._options.metrics:
                self._remove_metrics(running)
            running.group.stop()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def components(self) -> Group:
        """The processes: check, pause, resume, hold and release them by name.

        Raises:
            RuntimeError: It is not started.
        """
        return self._started.group

    @property
    def api(self) -> Api:
        """Requests as the sandbox itself, a superuser whom the audit log leaves out."""
        return self._started.api

    @property
    def url(self) -> str:
        """The API server, ``https://127.0.0.1:PORT``."""
        return self._started.api.url

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, mode 0600; it ends with the control plane."""
        return self._layout.kubeconfig

    @property
    def kubeconfig_text(self) -> str:
        """The administrator's kubeconfig as text, with everything inline."""
        return self.kubeconfig.read_text()

    @property
    def audit_log(self) -> Path | None:
        """One JSON document per request; None when started without ``audit``."""
        return self._layout.audit_log if self._options.audit else None

    def binary(self, name: str) -> Path:
        """Return an executable, getting it first where the start did not need it.

        Args:
            name: ``kubectl``, ``helm``, ``etcdctl``, ``etcdutl`` or a component's name.

        Raises:
            KeyError: There is no such executable here.
            BinariesMissing: It could not be had; says what to do.
        """
        if name not in self._binaries:
            self._binaries |= resolve([name])
        return self._binaries[name]

    def user_kubeconfig(
        self,
        name: str,
        groups: tuple[str, ...] = (),
        *,
        namespace: str = "default",
        not_after: datetime.datetime | None = None,
    ) -> str:
        """Mint a user and return a kubeconfig for it; it may do what RBAC says, at first nothing.

        Args:
            name: The user name.
            groups: Its groups.
            namespace: The context's namespace.
            not_after: End of the certificate's validity; in the past, the API server answers
                401. None is a year from now.
        """
        authority = self._started.authority
        client = authority.client(name, groups, not_after=not_after)
        return render_kubeconfig(self.url, authority.certificate, name, client, namespace=namespace)

    def kubectl(
        self, *arguments: str, stdin: str | None = None, timeout_seconds: float = KUBECTL_SECONDS
    ) -> str:
        """Run kubectl as the administrator.

        Args:
            *arguments: As on its command line.
            stdin: Its standard input, such as manifests for ``apply -f -``.
            timeout_seconds: The time limit.

        Returns:
            Its standard output.

        Raises:
            KubectlFailed: It ended with an error, whose text it carries, or not in time.
            ComponentExited: It failed because a component had ended.
        """
        command = [str(self.binary("kubectl")), f"--kubeconfig={self.kubeconfig}", *arguments]
        # Its discovery cache is kept by address, and our ports change: keep it out of the home.
        # A person's kuberc may change what a command means.
        own = {"KUBECACHEDIR": str(self.state / "cache"), "KUBERC": "off"}
        words = " ".join(arguments)
        try:
            run = subprocess.run(
                command,
                input=stdin or "",
                env=os.environ | own,
                capture_output=True,
                text=True,
                timeout=timeout_seconds,
            )
        except subprocess.TimeoutExpired:
            self.components.check()
            raise KubectlFailed(f"kubectl {words}: no end after {timeout_seconds:.0f} s") from None
        if run.returncode != 0:
            self.components.check()
            raise KubectlFailed(f"kubectl {words}: {run.stderr.strip()}")
        return run.stdout

    def wait_until(
        self, what: str, condition: Callable[[], bool], *, timeout_seconds: float = WAIT_SECONDS
    ) -> None:
        """Poll until a condition holds.

        Args:
            what: What is waited for, for the error.
            condition: Asked again and again; an ApiRefused or OSError of it counts as false.
            timeout_seconds: The time limit.

        Raises:
            NotReady: The time is up.
            ComponentExited: A component ended meanwhile.
        """
        wait_until(what, self.components, condition, timeout_seconds=timeout_seconds)

    def add_nodes(
        self, count: int, *, cpu: str = "8", memory: str = "32Gi", pods: int = 110
    ) -> list[str]:
        """Add nodes and return when pods can be scheduled to them.

        Args:
            count: How many.
            cpu: Cores of each, as a Kubernetes quantity.
            memory: Bytes of each, as a Kubernetes quantity.
            pods: How many pods fit on each.

        Returns:
            Their names: ``node-0`` and so on, counted up over all calls.

        Raises:
            NotReady: They did not become ready within a minute.
        """
        running = self._started
        names = [f"node-{self._node_count + i}" for i in range(count)]
        for index, name in enumerate(names, start=self._node_count):
            zone = addons.ZONES[index % len(addons.ZONES)]
            document = addons.node(name, zone, cpu=cpu, memory=memory, pods=pods)
            running.api.request("POST", "/api/v1/nodes", document)
        self._node_count += count
        wait_until(
            f"{count} nodes",
            running.group,
            lambda: addons.all_schedulable(running.api, names),
            timeout_seconds=NODES_READY_SECONDS,
        )
        return names

    @staticmethod
    def _remove_metrics(running: Running) -> None:
        """Unregister the metrics API while it is still served; else namespaces would not end."""
        with contextlib.suppress(ApiRefused, OSError):
            addons.remove_metrics(running.api)

    @property
    def _started(self) -> Running:
        """The running control plane.

        Raises:
            RuntimeError: It is not started.
        """
        if self._running is None:
            raise RuntimeError("this control plane is not started")
        return self._running
