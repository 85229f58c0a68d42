from pathlib import Path

import pytest

from sandbox import command_line, keeper
from sandbox.errors import SandboxError


def test_status_without_a_control_plane_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["status", "--state", str(tmp_path)]) == 1
    assert "no control plane runs" in capsys.readouterr().err


def test_down_without_a_control_plane_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["down", "--state", str(tmp_path)]) == 0
    assert "none was running" in capsys.readouterr().err


def test_a_record_of_a_process_that_is_gone_counts_for_nothing(tmp_path: Path) -> None:
    record = '{"pid": 1, "created": 1.0, "url": "https://127.0.0.1:1", "kubeconfig": "k"}'
    (tmp_path / "keeper.json").write_text(record)
    assert keeper.find(tmp_path) is None
    (tmp_path / "keeper.json").write_text("{")
    assert keeper.find(tmp_path) is None


def test_a_foreign_folder_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "resolve", lambda names: {})
    (tmp_path / "thesis.tex").write_text("years of work")
    assert command_line.main(["up", "--state", str(tmp_path)]) == 1
    assert "not a sandbox's" in capsys.readouterr().err


def test_an_error_of_ours_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise SandboxError("no binaries")

    monkeypatch.setattr(command_line, "fill_cache", fail)
    assert command_line.main(["build"]) == 1
    assert capsys.readouterr().err == "no binaries\n"


def test_help_lists_what_a_person_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    text = capsys.readouterr().out
    for command in ("build", "up", "down", "status"):
        assert f"    {command} " in text
    assert "    keep" not in text
