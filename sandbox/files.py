"""Files written whole or not at all, and secrets nobody else can read."""

import os
import tempfile
from pathlib import Path


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file with mode 0600, replacing what stood there in one step.

    Args:
        path: Where; its folder exists.
        content: Text is written as UTF-8.

    Returns:
        The path, for chaining.
    """
    data = content.encode() if isinstance(content, str) else content
    # mkstemp creates with 0600, so the content is never readable by others, not even briefly.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
