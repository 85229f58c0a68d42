"""A process in the background that keeps a control plane running."""

import contextlib
import dataclasses
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import psutil

from sandbox import state
from sandbox.control_plane import ControlPlane
from sandbox.errors import NotReady, SandboxError
from sandbox.files import write_private

START_SECONDS = 180.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
CHECK_SECONDS = 0.5
TAIL_LINES = 30


@dataclasses.dataclass(frozen=True)
class Kept:
    """A control plane that runs in the background.

    Attributes:
        pid: Its keeper's process id.
        created: When the keeper was created, seconds since the epoch; tells it from a later
            process with the same id.
        url: The API server.
        kubeconfig: The administrator's kubeconfig.
    """

    pid: int
    created: float
    url: str
    kubeconfig: str

    def process(self) -> psutil.Process | None:
        """Return the keeper's process, or None when it has ended."""
        try:
            process = psutil.Process(self.pid)
            alive = process.create_time() == self.created
            return process if alive and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def find(folder: Path) -> Kept | None:
    """Return the control plane that runs in a state folder, or None when none does."""
    try:
        kept = Kept(**json.loads(_record(folder).read_bytes()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None
    return kept if kept.process() is not None else None


def start(folder: Path, *, nodes: int, metrics: bool, audit: bool) -> Kept:
    """Start a keeper and return when its control plane is ready.

    Args:
        folder: The state folder.
        nodes: How many nodes.
        metrics: Serve metrics.k8s.io.
        audit: Log every request.

    Raises:
        StateInUse: The folder is taken.
        NotReady: The keeper ended or took longer than three minutes; carries its last lines.
    """
    state.own(folder)
    _record(folder).unlink(missing_ok=True)
    flags = [*(["--metrics"] if metrics else []), *(["--audit"] if audit else [])]
    command = [sys.executable, "-m", "sandbox", "keep", "--state", str(folder)]
    log_path = folder / "keeper.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--nodes", str(nodes), *flags],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Neither Ctrl-C nor the end of the terminal reaches it.
            start_new_session=True,
            cwd=Path(__file__).parent.parent,
        )
    deadline = time.monotonic() + START_SECONDS
    while (kept := find(folder)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            process.wait()
            tail = log_path.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            raise NotReady("the control plane did not start:\n" + "\n".join(tail))
        time.sleep(POLL_SECONDS)
    return kept


def stop(folder: Path) -> bool:
    """Stop the control plane of a state folder and return when it is gone.

    Returns:
        False when none was running.

    Raises:
        NotReady: It still runs after a minute.
    """
    kept = find(folder)
    process = None if kept is None else kept.process()
    if process is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            raise NotReady(f"process {process.pid} does not end") from None
    return True


def keep(folder: Path, *, nodes: int, metrics: bool, audit: bool) -> int:
    """Run a control plane in this process until SIGTERM.

    Returns:
        The exit code: 0 after SIGTERM, 1 when the start failed or a component ended.
    """
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        with ControlPlane(folder, nodes, metrics, audit) as plane:
            own = psutil.Process()
            kept = Kept(own.pid, own.create_time(), plane.url, str(plane.kubeconfig))
            write_private(_record(folder), json.dumps(dataclasses.asdict(kept)))
            while True:
                plane.components.check()
                time.sleep(CHECK_SECONDS)
    except SandboxError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        _record(folder).unlink(missing_ok=True)


def _end(number: int, frame: FrameType | None) -> None:
    """Leave the `with` block at once; a second signal must not disturb the orderly stop."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(0)


def _record(folder: Path) -> Path:
    """Return the file that says who keeps the control plane of a folder."""
    return folder / "keeper.json"
