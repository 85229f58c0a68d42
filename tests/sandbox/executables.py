"""Small programs for tests to find instead of the real ones."""

from pathlib import Path


def write_executable(path: Path, *lines: str) -> Path:
    """Write a shell script that can run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


def write_versioned(path: Path, text: str) -> Path:
    """Write a program that prints a version, whatever it is asked."""
    return write_executable(path, f"echo '{text}'")
