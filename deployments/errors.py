from __future__ import annotations


class SetupFailed(Exception):
    """A step of the set-up failed; the message says what to do, or holds what the step printed."""
