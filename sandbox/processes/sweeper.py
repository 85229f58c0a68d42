"""Kill what still runs in an environment when its owner ends, however that ends.

Executed as a script, ``sweeper.py MARK``, it waits until its standard input closes, which the
kernel does when the owner ends, and then kills every process whose environment holds the mark. A
worker starts its runs in sessions of their own, so neither a process group nor the tether finds
them.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

VARIABLE = "CAPSTAN_SWEPT_BY"
POLL_SECONDS = 0.02


@contextlib.contextmanager
def swept(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Lend an environment; what still runs in it when the block or this process ends is killed.

    Args:
        environment: What to lend, to which the mark is added.
    """
    mark = uuid.uuid4().hex
    command = [sys.executable, "-I", "-S", __file__, mark]
    # A session of its own: a Ctrl-C in the terminal must not end it before there is work.
    sweeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield {**environment, VARIABLE: mark}
    finally:
        sweeper.communicate()


def sweep(mark: str) -> None:
    """Kill every process with the mark, and those they start meanwhile."""
    while found := list(_marked(f"{VARIABLE}={mark}".encode())):
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def _marked(entry: bytes) -> Iterator[int]:
    """Find processes by an entry of their environment; one that has ended has none."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


if __name__ == "__main__":
    sys.stdin.read()
    sweep(sys.argv[1])
