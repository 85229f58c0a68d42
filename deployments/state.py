from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Return the folder of everything that lives longer than a process.

    `CAPSTAN_STATE` names it; otherwise `capstan` in the user's state folder (XDG base directories).
    """
    named = os.environ.get("CAPSTAN_STATE")
    if named:
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser().absolute() / "capstan"


def project_folder() -> Path:
    """Return the root of this checkout, which the workers run in."""
    return Path(__file__).resolve().parent.parent
