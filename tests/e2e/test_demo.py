"""`make demo` as somebody runs it: what it says, how it ends, and that nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.polling import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
TOUR_SECONDS = 400.0
STOP_SECONDS = 60.0
VANISH_SECONDS = 15.0
STEP = re.compile(r"^ *\d+\.\d s  (?P<sentence>.*)$", re.MULTILINE)


class Demo:
    """One process of the demo, and what it has printed."""

    def __init__(self, state: Path, number: int, *options: str) -> None:
        self.state = state
        self._out, self._err = (state.with_name(f"{number}.{name}") for name in ("out", "err"))
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", "demo", *options],
                cwd=ROOT,
                env={**os.environ, "CAPSTAN_STATE": str(state)},
                stdout=out,
                stderr=err,
            )

    @property
    def output(self) -> str:
        return self._out.read_text()

    @property
    def errors(self) -> str:
        return self._err.read_text()

    @property
    def steps(self) -> list[str]:
        """The sentences that it said, without their times."""
        return [found["sentence"] for found in STEP.finditer(self.output)]

    def says(self, text: str) -> None:
        """Wait until it says something."""

        def said() -> bool:
            assert self.process.poll() is None, f"{self.output}\n{self.errors}"
            return text in self.output

        until(f"{text!r} in {self._out}", said, seconds=TOUR_SECONDS)

    def ends(self, number: signal.Signals | None = None) -> int:
        """Return how it ends, of itself or by a signal."""
        if number is None:
            return self.process.wait(TOUR_SECONDS)
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


def remnants(state: Path) -> list[psutil.Process]:
    """Find every process that has to do with a state folder."""

    def concerns(process: psutil.Process) -> bool:
        try:
            texts = (*process.cmdline(), *process.environ().values())
        except psutil.Error:  # it has ended
            return False
        return any(str(state) in text for text in texts)

    return [process for process in psutil.process_iter() if concerns(process)]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Demo]]:
    """Start demos, one after the other in the same state folder."""
    state = tmp_path_factory.mktemp("demo") / "state"
    demos: list[Demo] = []

    def start(*options: str) -> Demo:
        demos.append(Demo(state, len(demos), *options))
        return demos[-1]

    yield start
    for demo in demos:
        demo.process.kill()
        demo.process.wait()


@pytest.fixture(scope="module")
def first(start: Callable[..., Demo]) -> Demo:
    """The first start in the state folder, which ended after its tour."""
    demo = start("--once")
    assert demo.ends() == 0, f"{demo.output}\n{demo.errors}"
    return demo


def test_the_demo_shows_its_pages_and_leaves_nothing_behind(first: Demo) -> None:
    assert not remnants(first.state)
    assert first.errors == ""
    pages = first.output.partition("Open in a browser:")[2]
    assert len(re.findall(r"^    http://127\.0\.0\.1:\d+/\S+$", pages, re.MULTILINE)) == 8
    assert re.search(r"sign in with capstan:\S{20,}$", pages, re.MULTILINE)
    assert "refresh-cluster: Completed. demo is healthy" in first.steps
    assert "the audit log of the API server shows no write of it" in first.steps
    assert any(step.startswith("apply-yaml: RolledBack. ") for step in first.steps)
    assert "undo: Completed. 6 changed" in first.steps
    assert first.steps[-1] == "everything stopped; nothing is left behind"


def test_a_second_start_takes_no_more_steps_and_stays_until_ctrl_c(
    first: Demo, start: Callable[..., Demo]
) -> None:
    demo = start()
    demo.says("press Ctrl-C")
    assert len(demo.steps) <= len(first.steps) + 1  # it says how to use kubectl
    beside = start()
    assert beside.ends() == 1
    (line,) = beside.errors.splitlines()
    assert line.startswith("the demo failed: ")
    assert demo.process.poll() is None
    assert demo.ends(signal.SIGINT) == 0
    assert not remnants(demo.state)
    assert demo.errors == ""


def test_ctrl_c_during_the_start_is_told_in_one_line(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.says("Kubernetes at")
    assert demo.ends(signal.SIGINT) == 130
    assert not remnants(demo.state)
    (line,) = demo.errors.splitlines()
    assert line == "the demo was interrupted before the end of its tour"


@pytest.mark.usefixtures("first")
def test_a_killed_demo_takes_even_its_runs_with_it(start: Callable[..., Demo]) -> None:
    demo = start()

    def has_a_run() -> bool:
        assert demo.process.poll() is None, f"{demo.output}\n{demo.errors}"
        return any("prefect.engine" in _command(process) for process in remnants(demo.state))

    until("run under way", has_a_run, seconds=TOUR_SECONDS)
    demo.ends(signal.SIGKILL)
    until("end of all", lambda: not remnants(demo.state), seconds=VANISH_SECONDS)


def test_a_run_that_ends_badly_fails_the_demo_in_one_line(
    first: Demo, start: Callable[..., Demo]
) -> None:
    records = first.state / "demo/records"
    records.rename(records.with_name("kept"))
    records.write_text("no folder")
    demo = start("--once")
    assert demo.ends() == 1
    records.unlink()
    records.with_name("kept").rename(records)
    (line,) = demo.errors.splitlines()
    assert re.match(r"the demo failed: The run \S+ of \S+/default ended as Failed: ", line)
    assert not remnants(demo.state)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
