import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.errors import ComponentExited
from sandbox.processes import child as child_module
from sandbox.processes.child import Child
from sandbox.processes.group import Group
from sandbox.processes.sweeper import swept
from tests.sandbox.waiting import eventually

ROOT = Path(__file__).parents[2]
PARENT = """
import sys
from pathlib import Path
from sandbox.processes.child import Child
child = Child("sleeper", ["/bin/sleep", "600"], Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
sys.stdin.read()
"""

OWNER = """
import subprocess, sys
from sandbox.processes.sweeper import swept
with swept({}) as environment:
    run = subprocess.Popen(["/bin/sleep", "600"], env=environment, start_new_session=True)
    print(run.pid, flush=True)
    run.wait()
"""


@pytest.fixture
def group() -> Iterator[Group]:
    group = Group(["last"])
    yield group
    group.stop()


def shell(name: str, script: str, folder: Path) -> Child:
    return Child(name, ["/bin/sh", "-c", script], folder / f"{name}.log")


def test_a_child_that_ends_is_reported_with_its_last_twenty_lines(
    group: Group, tmp_path: Path
) -> None:
    group.start(shell("etcd", "seq 1 100; exit 3", tmp_path))
    eventually(lambda: group.failure is not None)
    with pytest.raises(ComponentExited) as failure:
        group.check()
    first, *lines = str(failure.value).splitlines()
    assert first == f"etcd ended (exit code 3); log {tmp_path / 'etcd.log'}:"
    assert lines == [str(n) for n in range(81, 101)]


def test_a_signal_is_reported_as_one(group: Group, tmp_path: Path) -> None:
    group.start(shell("kwok", "kill -9 $$", tmp_path))
    eventually(lambda: group.failure is not None)
    assert group.failure is not None
    assert "kwok ended (signal 9)" in group.failure


def test_the_first_failure_is_remembered(group: Group, tmp_path: Path) -> None:
    group.start(shell("one", "exit 1", tmp_path))
    eventually(lambda: group._failure is not None)
    group.start(shell("two", "exit 2", tmp_path))
    assert group.failure is not None
    assert group.failure.startswith("one ")


def test_a_child_held_on_purpose_is_no_failure(group: Group, tmp_path: Path) -> None:
    group.start(shell("apiserver", "exec sleep 600", tmp_path))
    before = group["apiserver"].pid
    group.hold("apiserver")
    group.check()
    assert group["apiserver"].pid is None
    group.release("apiserver")
    group.check()
    assert group["apiserver"].pid not in (None, before)


def test_a_paused_child_lives_and_can_be_stopped(group: Group, tmp_path: Path) -> None:
    group.start(shell("apiserver", "exec sleep 600", tmp_path))
    process = psutil.Process(group["apiserver"].pid)
    group.pause("apiserver")
    eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    group.check()
    group.resume("apiserver")
    eventually(lambda: process.status() != psutil.STATUS_STOPPED)
    group.pause("apiserver")
    group.stop()
    assert not process.is_running()


def test_an_unknown_child_is_named_with_the_known_ones(group: Group, tmp_path: Path) -> None:
    group.start(shell("etcd", "exec sleep 600", tmp_path))
    with pytest.raises(KeyError, match="no component 'etc'; there are etcd"):
        group["etc"]


def test_what_others_depend_on_stops_last(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    group = Group(["second", "last"])
    for name in ("last", "second", "first"):
        script = (
            f"trap 'echo {name} >> {journal}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        )
        group.start(shell(name, script, tmp_path))
    eventually(lambda: all(c.log.read_text().startswith("up") for c in group))
    group.stop()
    assert journal.read_text().split() == ["first", "second", "last"]


def test_a_child_that_ignores_the_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "STOP_SECONDS", 0.2)
    stubborn = shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.05; done", tmp_path)
    stubborn.start()
    eventually(lambda: stubborn.log.read_text().startswith("up"))
    process = psutil.Process(stubborn.pid)
    stubborn.stop()
    assert not process.is_running()


def test_a_child_is_asked_to_stop_only_once(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    group = Group([])
    # As Prefect's worker: at a second request it drops everything.
    script = (
        f"trap 'echo asked >> {journal}; asked=1' TERM; echo up; "
        "while [ -z $asked ]; do sleep 0.05; done; sleep 0.3"
    )
    group.start(shell("worker", script, tmp_path))
    eventually(lambda: group["worker"].log.read_text().startswith("up"))
    group.stop()
    assert journal.read_text().split() == ["asked"]


def test_a_child_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    child = Child("env", ["/usr/bin/env"], tmp_path / "env.log", {"ONLY": "this"})
    child.start()
    eventually(lambda: child.exit_code is not None)
    assert "ONLY=this" in child.log.read_text().splitlines()
    assert "HOME=" not in child.log.read_text()


def test_what_runs_in_a_swept_environment_ends_with_the_block(tmp_path: Path) -> None:
    with swept({}) as environment:
        runaway = psutil.Process(_start_runaway(environment))
        assert runaway.is_running()
    assert not alive(runaway.pid)


def test_what_runs_in_a_swept_environment_ends_with_its_owner(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout is not None
        runaway = int(owner.stdout.readline())
        assert alive(runaway)
        owner.kill()
    eventually(lambda: not alive(runaway))


def test_a_child_is_not_started_from_a_thread_that_will_end(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def start() -> None:
        try:
            shell("etcd", "exit 0", tmp_path).start()
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_a_child_ends_with_its_parent_however_that_ends(
    number: signal.Signals, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "sleeper.log")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        sleeper = int(parent.stdout.readline())
        assert psutil.pid_exists(sleeper)
        os.kill(parent.pid, number)
    eventually(lambda: not alive(sleeper))


def _start_runaway(environment: dict[str, str]) -> int:
    """Start a process that its parent does not wait for, in a session of its own."""
    script = "setsid sleep 600 >/dev/null 2>&1 & echo $!"
    run = subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True)
    return int(run.stdout)


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
