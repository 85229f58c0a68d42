"""`python -m deployments server | worker | setup | environment`: one machine's installation.

`worker` and `setup` are clients of another server where PREFECT_API_URL names one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from deployments.environment import (
    FILE_NAME,
    client_environment,
    installation,
    process_environment,
)
from deployments.errors import SetupFailed
from deployments.state import state_folder


def main() -> None:
    """Run one command of the installation on this machine."""
    arguments = _parser().parse_args()
    if arguments.command == "server":
        os.environ.update(process_environment(installation(port=arguments.port)))
        _become("server", "start")
    elif arguments.command == "worker":
        os.environ.update(client_environment())
        _become("worker", "start", "--pool", arguments.pool, "--type", "process")
    elif arguments.command == "setup":
        os.environ.update(client_environment())
        _set_up(arguments)
    else:
        installation()
        print(state_folder() / FILE_NAME)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("server", help="run the Prefect server with its UI")
    server.add_argument("--port", type=int, help="kept for the next start (first: 4200)")
    worker = commands.add_parser("worker", help="run a worker that starts runs as processes")
    worker.add_argument("--pool", default="default", help="work pool to take runs from")
    setup = commands.add_parser(
        "setup", help="make or update blocks, pool, deployments, automations"
    )
    setup.add_argument("--pool", default="default", help="work pool to deploy every flow to")
    setup.add_argument(
        "--pool-type",
        choices=("process", "kubernetes"),
        default="process",
        help="type of the pool, where it is to be made",
    )
    commands.add_parser("environment", help="name the file with the server's address and password")
    return parser


def _set_up(arguments: argparse.Namespace) -> None:
    from deployments.setup import set_up  # Prefect reads its environment when imported

    try:
        asyncio.run(set_up(state_folder(), print, arguments.pool, arguments.pool_type))
    except SetupFailed as failure:
        sys.exit(str(failure))


def _become(*arguments: str) -> None:
    os.execve(sys.executable, [sys.executable, "-m", "prefect", *arguments], os.environ)


if __name__ == "__main__":
    main()
