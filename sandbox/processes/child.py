"""One component: a command, its log, its life."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from sandbox.processes import tether

TAIL_LINES = 20
STOP_SECONDS = 5.0


class Child:
    """A process that logs to a file and is killed by the kernel when this process ends."""

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a child; nothing runs until `start`.

        Args:
            name: The component's name, for messages.
            command: The executable's absolute path and its arguments.
            log: Where standard output and error go; appended to.
            environment: Its whole environment; None is this process's own.
        """
        self.name = name
        self.command = command
        self.log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    @property
    def pid(self) -> int | None:
        """The process id, or None before the start and after the stop."""
        return None if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How the process ended by itself; None while it runs and where none was started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start the process.

        Raises:
            RuntimeError: Called outside the main thread: the kernel would kill the child as soon
                as the calling *thread* ends.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name}: start the control plane from the main thread")
        wrapped = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *self.command]
        self._asked = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                wrapped,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                # A Ctrl-C in the terminal must reach us alone, for we stop them in order.
                start_new_session=True,
            )

    def ask_to_stop(self) -> None:
        """Send SIGTERM, once: some take a second one for a request to drop everything."""
        if self._process is not None and self._process.poll() is None and not self._asked:
            self._asked = True
            self._process.terminate()
            # A paused process sees SIGTERM only when it runs again.
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the process: SIGTERM, SIGKILL after five seconds; return when it is gone."""
        self.ask_to_stop()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def signal(self, number: int) -> None:
        """Send a signal, such as SIGSTOP to let a component hang; no effect when not running."""
        if self._process is not None:
            self._process.send_signal(number)

    def tail(self) -> str:
        """Return the last lines of the log, at most twenty; empty when there is no log."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])
