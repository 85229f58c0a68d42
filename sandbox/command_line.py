"""The command ``python -m sandbox``."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import keeper
from sandbox.binaries.resolver import fill_cache, resolve
from sandbox.demo.command import add_demo
from sandbox.errors import SandboxError
from sandbox.launch import Options, required
from sandbox.paths import state_folder

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: The command line without the program's name; None is this process's own.

    Returns:
        The exit code: 0 for success, 1 for a failure that was explained on standard error.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A real Kubernetes control plane on this machine."
    )
    subcommands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in SUBCOMMANDS:
        add(subcommands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1


def _add_build(subcommands: "Subcommands") -> None:
    """Add ``build``."""
    parser = subcommands.add_parser("build", help="find, download or build the binaries")
    parser.set_defaults(run=_build)


def _build(options: argparse.Namespace) -> int:
    fill_cache()
    return 0


def _add_up(subcommands: "Subcommands") -> None:
    """Add ``up``."""
    parser = subcommands.add_parser("up", help="start a control plane in the background")
    _add_start_options(parser)
    parser.set_defaults(run=_up)


def _add_keep(subcommands: "Subcommands") -> None:
    """Add ``keep``, which ``up`` runs in the background; without help it stays out of the list."""
    parser = subcommands.add_parser("keep")
    _add_start_options(parser)
    parser.set_defaults(run=_keep)


def _add_start_options(parser: argparse.ArgumentParser) -> None:
    _add_state(parser)
    parser.add_argument("--nodes", type=int, default=3, metavar="N", help="nodes (default 3)")
    parser.add_argument("--metrics", action="store_true", help="serve metrics.k8s.io")
    parser.add_argument("--audit", action="store_true", help="log every request")


def _up(options: argparse.Namespace) -> int:
    """Print the kubeconfig's path alone on standard output, for ``export KUBECONFIG=$(…)``."""
    kept = keeper.find(options.state)
    if kept is None:
        # Here and not in the background, so that minutes of building are seen.
        resolve(required(Options(options.metrics, options.audit)))
        kept = keeper.start(
            options.state, nodes=options.nodes, metrics=options.metrics, audit=options.audit
        )
    else:
        print("already running, with the options of its start", file=sys.stderr)
    where = "" if options.state == state_folder() else f" --state {options.state}"
    print(f"{kept.url} is up; stop it with: python -m sandbox down{where}", file=sys.stderr)
    print(kept.kubeconfig)
    return 0


def _keep(options: argparse.Namespace) -> int:
    return keeper.keep(
        options.state, nodes=options.nodes, metrics=options.metrics, audit=options.audit
    )


def _add_down(subcommands: "Subcommands") -> None:
    """Add ``down``."""
    parser = subcommands.add_parser("down", help="stop the control plane")
    _add_state(parser)
    parser.set_defaults(run=_down)


def _down(options: argparse.Namespace) -> int:
    print("stopped" if keeper.stop(options.state) else "none was running", file=sys.stderr)
    return 0


def _add_status(subcommands: "Subcommands") -> None:
    """Add ``status``."""
    parser = subcommands.add_parser("status", help="say whether a control plane runs")
    _add_state(parser)
    parser.set_defaults(run=_status)


def _status(options: argparse.Namespace) -> int:
    kept = keeper.find(options.state)
    if kept is None:
        print(f"no control plane runs in {options.state}", file=sys.stderr)
        return 1
    print(f"{kept.url} runs in process {kept.pid}", file=sys.stderr)
    print(kept.kubeconfig)
    return 0


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        type=lambda value: Path(value).absolute(),
        default=state_folder(),
        metavar="DIR",
        help="the state folder (default %(default)s)",
    )


# A subcommand is one line here. What it adds must import anything slow only when it runs.
SUBCOMMANDS: tuple[Callable[["Subcommands"], None], ...] = (
    _add_build,
    _add_up,
    _add_keep,
    _add_down,
    _add_status,
    add_demo,
)
