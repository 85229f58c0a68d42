"""The command ``python -m sandbox demo``."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from deployments.state import state_folder
from sandbox.audit import AuditLog
from sandbox.control_plane import ControlPlane
from sandbox.demo.services import Services, prefect_services
from sandbox.demo.shop import open_shop
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from sandbox.command_line import Subcommands

NODES = 6
CHECK_SECONDS = 1.0
INTERRUPTED = 130
Say = Callable[[str], None]


def add_demo(subcommands: "Subcommands") -> None:
    """Add ``demo``."""
    parser = subcommands.add_parser("demo", help="a cluster, a Prefect server, and a tour of both")
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    say, state = _Clock().say, state_folder() / "demo"
    state.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        _with_services(state, say, once=options.once)
        ended = 0
    except SandboxError as error:
        print(f"the demo failed: {error}", file=sys.stderr)
        ended = 1
    except KeyboardInterrupt:
        print("the demo was interrupted before the end of its tour", file=sys.stderr)
        ended = INTERRUPTED
    say("everything stopped; nothing is left behind")
    return ended


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Unwind the `with` blocks; a second signal must not disturb the orderly stop."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _with_services(state: Path, say: Say, *, once: bool) -> None:
    say(f"starting a control plane with {NODES} simulated nodes")
    with ControlPlane(
        state=state / "control-plane", nodes=NODES, metrics=True, audit=True
    ) as plane:
        say(f"Kubernetes at {plane.url}")
        open_shop(plane)
        say("the shop is open: 4 workloads run, 1 crashes, 1 cannot pull its image")
        with prefect_services(state) as services:
            say(f"Prefect at {services.url}")
            # Prefect reads the environment when it is imported.
            os.environ.update(services.environment)
            from sandbox.demo.tour import tour

            assert plane.audit_log is not None
            audit = AuditLog(plane.audit_log)
            stops = asyncio.run(tour(plane.kubeconfig_text, audit, state, services.url, say))
            print("\nOpen in a browser:")
            for stop in stops:
                print(f"  {stop.title}\n    {stop.url}")
            password = services.settings["PREFECT_API_AUTH_STRING"]
            print(f"  sign in with {password}\n", flush=True)
            if not once:
                _stay(plane, services, say)


def _stay(plane: ControlPlane, services: Services, say: Say) -> None:
    """Return at Ctrl-C.

    Raises:
        ComponentExited: A process of the demo ended by itself.
    """
    say(f"kubectl: export KUBECONFIG={plane.kubeconfig}")
    say("press Ctrl-C to stop everything")
    pause = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        while not pause.wait(CHECK_SECONDS):
            plane.components.check()
            services.group.check()
    say("stopping")


class _Clock:
    """Says what happens, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, sentence: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {sentence}", flush=True)
