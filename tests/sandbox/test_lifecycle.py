import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox import launch
from sandbox.control_plane import ControlPlane
from sandbox.errors import ComponentExited
from sandbox.ports import free_ports
from tests.sandbox.waiting import eventually

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
PARENT = """
import json, sys
from pathlib import Path
from sandbox.control_plane import ControlPlane
with ControlPlane(state=Path(sys.argv[1]), nodes=0) as plane:
    print(json.dumps([child.pid for child in plane.components]), flush=True)
    sys.stdin.read()
"""


def listening(pids: list[int]) -> set[int]:
    """List the ports on which processes listen."""
    found: set[int] = set()
    for pid in pids:
        connections = psutil.Process(pid).net_connections("tcp")
        found |= {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN}
    return found


def accepts(port: int) -> bool:
    """Tell whether anything listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alive(pids: list[int]) -> list[int]:
    """List the processes that still run."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return [p.pid for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_killed_parent_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "state")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert len(alive(pids)) == 5
        ports = listening(pids)
        assert len(ports) >= 6
        os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: not alive(pids))
    # The first thread of a process may be gone while another still closes its sockets.
    eventually(lambda: not [port for port in ports if accepts(port)])


def test_a_taken_port_is_tried_again_and_a_dead_component_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[list[int]] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        def first_one_taken(count: int) -> list[int]:
            ports = free_ports(count)
            if not attempts:
                ports[0] = taken.getsockname()[1]
            attempts.append(ports)
            return ports

        monkeypatch.setattr(launch, "free_ports", first_one_taken)
        plane = ControlPlane(state=tmp_path / "state", nodes=0)
        plane.start()
    try:
        assert len(attempts) == 2
        plane.components.hold("kube-apiserver")
        plane.components.release("kube-apiserver")
        plane.wait_until("apiserver", lambda: plane.kubectl("get", "--raw", "/readyz") == "ok")
        pids = [child.pid for child in plane.components if child.pid is not None]
        os.kill(plane.components["kube-scheduler"].pid or 0, signal.SIGKILL)
        eventually(lambda: plane.components.failure is not None)
        with pytest.raises(ComponentExited, match=r"kube-scheduler ended \(signal 9\)"):
            plane.components.check()
    finally:
        plane.stop()
    assert not alive(pids)


def test_up_keeps_it_running_until_down(tmp_path: Path) -> None:
    def sandbox(command: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "sandbox", command, "--state", str(tmp_path / "state")]
        if command == "up":
            arguments += ["--nodes", "1"]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=90, cwd=ROOT)

    up = sandbox("up")
    try:
        assert up.returncode == 0, up.stderr
        kubeconfig = Path(up.stdout.strip())
        assert kubeconfig.is_file()
        assert sandbox("status").stdout == up.stdout
        assert sandbox("up").stdout == up.stdout, "the second one finds the first"
        record = json.loads((tmp_path / "state" / "keeper.json").read_text())
        pids = [child.pid for child in psutil.Process(record["pid"]).children()]
        assert len(pids) == 5
    finally:
        down = sandbox("down")
    assert down.returncode == 0
    assert not alive([*pids, record["pid"]])
    assert sandbox("status").returncode == 1
