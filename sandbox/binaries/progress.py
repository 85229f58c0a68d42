"""Say what goes on during minutes of downloading and compiling."""

import sys
import time
from typing import TextIO

LINE_SECONDS = 10.0


class Progress:
    """Progress on a stream: one changing line in a terminal, a line every ten seconds elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Prepare; writes nothing.

        Args:
            stream: Where to write; None is standard error, so that output stays parseable.
        """
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._open = False
        self._last = 0.0

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._close_line()
        print(text, file=self._stream, flush=True)

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """Show how far something is; cheap enough to call for every item.

        Args:
            what: What is being done.
            done: Items or bytes done.
            total: Of how many; None when nobody knows.
        """
        if total:
            percent = min(100, 100 * done // total)
            text = f"{what}: {done} of {total} ({percent} %)"
        else:
            text = f"{what}: {done}"
        if self._terminal:
            print(f"\r\x1b[2K{text}", end="", file=self._stream, flush=True)
            self._open = True
        elif time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            print(text, file=self._stream, flush=True)

    def _close_line(self) -> None:
        """End the changing line."""
        if self._open:
            print(file=self._stream)
            self._open = False
