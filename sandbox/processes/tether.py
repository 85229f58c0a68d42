"""Run a command that the kernel kills when its parent ends.

Executed as a script, ``tether.py PARENT_PID COMMAND...``, and imports next to nothing because every
component's start waits for it. A ``preexec_fn`` would do the same without a process of its own,
but it runs Python between fork and exec, which deadlocks in a parent that has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then become the command.

    Args:
        arguments: The parent's process id as the parent knows it, then the command with an
            absolute path.
    """
    parent, command = int(arguments[0]), arguments[1:]
    # SIGKILL, not SIGTERM: when all get SIGTERM at once etcd goes first, and the API server then
    # waits for it for ever instead of ending.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    # The parent may have ended before the line above took effect; then no signal will come.
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    # A job in the background of a script inherits an ignored SIGINT, and then Prefect's worker,
    # which turns SIGTERM into SIGINT, would not stop.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
