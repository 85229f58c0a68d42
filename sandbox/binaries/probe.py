"""Ask an executable for its version."""

import os
import subprocess
from pathlib import Path

from sandbox.binaries.catalog import Binary

PROBE_SECONDS = 20.0


def reason_to_refuse(binary: Binary, path: Path) -> str | None:
    """Say why a file is not the wanted executable.

    Args:
        binary: What is wanted.
        path: The candidate.

    Returns:
        The reason in words, or None when the file runs and has the pinned minor version.
    """
    if not path.is_file():
        return f"{path} is not there"
    if not os.access(path, os.X_OK):
        return f"{path} is not executable"
    try:
        run = subprocess.run(
            [path, *binary.version_arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"{path} printed no version within {PROBE_SECONDS:.0f} s"
    except OSError as error:
        return f"{path} does not run: {error.strerror}"
    if run.returncode != 0:
        return f"{path} ended with {run.returncode} when asked for its version"
    if not binary.accepts(run.stdout):
        first = run.stdout.strip().partition("\n")[0][:80] or "nothing"
        return f"{path} is not version {binary.version}: it says {first!r}"
    return None
