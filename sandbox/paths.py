"""Folders of the sandbox outside the checkout, by the XDG base directory rules."""

import os
from pathlib import Path


def _xdg(variable: str, fallback: str) -> Path:
    """Return the folder an XDG variable names; relative values are invalid and ignored."""
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / fallback


def cache_folder() -> Path:
    """Return the folder for what can be fetched or built again: binaries, a toolchain."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "capstan"


def state_folder() -> Path:
    """Return the default folder of the control plane that ``python -m sandbox up`` keeps."""
    return _xdg("XDG_STATE_HOME", ".local/state") / "capstan" / "sandbox"
