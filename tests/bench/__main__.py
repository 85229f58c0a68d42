"""Measure against kubectl in the same run: `python -m tests.bench [NAME ...]`."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench.apply import apply_benchmark
from tests.bench.refresh import refresh_benchmark

BENCHMARKS: dict[str, Callable[[Path], Awaitable[list[str]]]] = {
    "refresh": refresh_benchmark,
    "apply": apply_benchmark,
}


def main(names: list[str]) -> None:
    """Run the named benchmarks, all of them by default, and print their tables."""
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
            rows = asyncio.run(_run(BENCHMARKS[name], Path(folder)))
        print(f"## {name}\n", *rows, "", sep="\n", flush=True)


async def _run(benchmark: Callable[[Path], Awaitable[list[str]]], folder: Path) -> list[str]:
    return await benchmark(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
