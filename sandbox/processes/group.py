"""Children that belong together: watched together and stopped in order."""

import signal
import threading
from collections.abc import Iterable, Iterator

from sandbox.errors import ComponentExited
from sandbox.processes.child import Child

WATCH_SECONDS = 0.2


class Group:
    """Children that start in one order, are watched, and stop in another order."""

    def __init__(self, stop_last: Iterable[str]) -> None:
        """Prepare an empty group.

        Args:
            stop_last: Names of what stops last, one after the other; all else stops before
                them, at once.
        """
        self._children: dict[str, Child] = {}
        self._stop_last = list(stop_last)
        self._held: set[str] = set()
        self._ended = threading.Event()
        self._failure: str | None = None
        self._watcher: threading.Thread | None = None

    def __getitem__(self, name: str) -> Child:
        """Return a child by its name.

        Raises:
            KeyError: There is none of that name; says which there are.
        """
        if name not in self._children:
            raise KeyError(f"no component {name!r}; there are {', '.join(self._children)}")
        return self._children[name]

    def __iter__(self) -> Iterator[Child]:
        """Iterate over the children in start order."""
        return iter(self._children.values())

    def start(self, child: Child) -> None:
        """Start a child and watch it from now on."""
        self._children[child.name] = child
        child.start()
        self._held.discard(child.name)
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="sandbox-watch", daemon=True)
            self._watcher.start()

    def hold(self, name: str) -> None:
        """Kill one child on purpose; `release` starts it again with the same command."""
        child = self[name]
        self._held.add(name)
        # An API server that is asked to stop waits for its watchers, who do not mean to leave.
        child.signal(signal.SIGKILL)
        child.stop()

    def release(self, name: str) -> None:
        """Start a child that `hold` stopped."""
        self.start(self[name])

    def pause(self, name: str) -> None:
        """Let a child hang: it keeps its port and its connections but does nothing."""
        self[name].signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused child go on."""
        self[name].signal(signal.SIGCONT)

    @property
    def failure(self) -> str | None:
        """What ended without being asked to, with its last log lines; None while all is well."""
        return self._failure or self._look()

    def check(self) -> None:
        """Raise when a child has ended by itself.

        Raises:
            ComponentExited: Names the component, its exit code and its last log lines.
        """
        if (failure := self.failure) is not None:
            raise ComponentExited(failure)

    def stop(self) -> None:
        """Stop every child, in order, and return when all are gone."""
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        last = [[self._children[n]] for n in self._stop_last if n in self._children]
        first = [c for c in self._children.values() if c.name not in self._stop_last]
        for wave in [first, *last]:
            for child in wave:
                child.ask_to_stop()
            for child in wave:
                child.stop()
        self._children.clear()

    def _watch(self) -> None:
        """Remember the first failure, even when nobody asks for a long time."""
        while self._failure is None and not self._ended.wait(WATCH_SECONDS):
            self._failure = self._look()

    def _look(self) -> str | None:
        """Describe the first child that ended by itself."""
        for child in list(self._children.values()):
            code = child.exit_code
            if code is not None and child.name not in self._held:
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                return f"{child.name} ended ({how}); log {child.log}:\n{child.tail()}"
        return None
