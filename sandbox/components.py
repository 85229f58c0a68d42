"""The command lines of the components, as they were tried together."""

from dataclasses import dataclass
from pathlib import Path

SERVICE_RANGE = "127.96.0.0/16"
"""Service addresses lie inside loopback, so that no call to a webhook leaves this machine."""

LOST_LABEL = "kwok-sim/lost"
"""A node with this label, whatever its value, is not played any more."""

LEASE_SECONDS = 20
"""A node's lease, renewed every quarter of it; the node is Unknown when it has run out."""

STOP_LAST = ("kube-apiserver", "etcd")
"""What stops last, one after the other: nothing may outlive what it depends on."""


@dataclass(frozen=True)
class Ports:
    """One port per listener, all on 127.0.0.1."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    scheduler: int
    kubelet: int
    metrics_server: int


@dataclass(frozen=True)
class Layout:
    """Where the files of one control plane lie."""

    state: Path

    @property
    def keys(self) -> Path:
        """Certificates and keys."""
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        """One log per component."""
        return self.state / "logs"

    @property
    def simulation(self) -> Path:
        """The kwok configuration as rendered for this control plane."""
        return self.state / "simulation"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def audit_policy(self) -> Path:
        """The policy that says which requests are logged."""
        return self.state / "audit" / "policy.yaml"

    @property
    def audit_log(self) -> Path:
        """One JSON document per request."""
        return self.state / "audit" / "audit.log"

    def component_kubeconfig(self, name: str) -> Path:
        """Return a component's own kubeconfig, so that the audit log tells it from a user."""
        return self.state / "kubeconfigs" / name


def etcd(layout: Layout, ports: Ports) -> list[str]:
    """Return etcd's arguments."""
    client = f"http://127.0.0.1:{ports.etcd}"
    peer = f"http://127.0.0.1:{ports.etcd_peer}"
    return [
        f"--data-dir={layout.state / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        # Nothing here must survive a power cut, and syncing is most of a small etcd's time.
        "--unsafe-no-fsync=true",
        "--log-level=warn",
    ]


def api_server(layout: Layout, ports: Ports, *, audit: bool) -> list[str]:
    """Return kube-apiserver's arguments."""
    keys = layout.keys
    arguments = [
        f"--etcd-servers=http://127.0.0.1:{ports.etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.api_server}",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={keys}",
        f"--tls-cert-file={keys / 'server.crt'}",
        f"--tls-private-key-file={keys / 'server.key'}",
        f"--client-ca-file={keys / 'ca.crt'}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={keys / 'sa.pub'}",
        f"--service-account-signing-key-file={keys / 'sa.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        # Five minutes by default: nobody waits that long to see a node failure handled.
        "--default-not-ready-toleration-seconds=5",
        "--default-unreachable-toleration-seconds=5",
        f"--requestheader-client-ca-file={keys / 'ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={keys / 'front-proxy.crt'}",
        f"--proxy-client-key-file={keys / 'front-proxy.key'}",
    ]
    if audit:
        arguments += [
            f"--audit-policy-file={layout.audit_policy}",
            f"--audit-log-path={layout.audit_log}",
            # Written before the answer is sent: a test that has the answer finds the entry.
            "--audit-log-mode=blocking",
        ]
    return arguments


def controller_manager(layout: Layout, ports: Ports) -> list[str]:
    """Return kube-controller-manager's arguments."""
    keys = layout.keys
    return [
        f"--kubeconfig={layout.component_kubeconfig('kube-controller-manager')}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.controller_manager}",
        f"--root-ca-file={keys / 'ca.crt'}",
        f"--service-account-private-key-file={keys / 'sa.key'}",
        f"--cluster-signing-cert-file={keys / 'ca.crt'}",
        f"--cluster-signing-key-file={keys / 'ca.key'}",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        # Four renewals missed. By default it takes 50 s until a node is Unknown.
        f"--node-monitor-grace-period={LEASE_SECONDS}s",
        "--node-monitor-period=2s",
    ]


def scheduler(layout: Layout, ports: Ports) -> list[str]:
    """Return kube-scheduler's arguments."""
    return [
        f"--kubeconfig={layout.component_kubeconfig('kube-scheduler')}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.scheduler}",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ]


def kwok(layout: Layout, ports: Ports) -> list[str]:
    """Return kwok's arguments: one process that plays every node's kubelet."""
    keys = layout.keys
    return [
        f"--kubeconfig={layout.component_kubeconfig('kwok')}",
        *(f"--config={path}" for path in sorted(layout.simulation.glob("*.yaml"))),
        # Its lease expires and its pods stay as they are: a machine that is gone.
        f"--manage-nodes-with-label-selector=!{LOST_LABEL}",
        "--node-ip=127.0.0.1",
        "--node-name=localhost",
        f"--node-port={ports.kubelet}",
        f"--server-address=127.0.0.1:{ports.kubelet}",
        f"--tls-cert-file={keys / 'server.crt'}",
        f"--tls-private-key-file={keys / 'server.key'}",
        f"--node-lease-duration-seconds={LEASE_SECONDS}",
    ]


def metrics_server(layout: Layout, ports: Ports) -> list[str]:
    """Return metrics-server's arguments."""
    keys = layout.keys
    kubeconfig = layout.component_kubeconfig("metrics-server")
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.metrics_server}",
        f"--tls-cert-file={keys / 'server.crt'}",
        f"--tls-private-key-file={keys / 'server.key'}",
        "--kubelet-insecure-tls",
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        # The shortest that metrics-server accepts.
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    ]
