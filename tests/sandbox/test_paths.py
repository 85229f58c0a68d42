from pathlib import Path

import pytest

from sandbox.paths import cache_folder, state_folder


def test_the_xdg_variables_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert cache_folder() == Path("/c/capstan")
    assert state_folder() == Path("/s/capstan/sandbox")


@pytest.mark.parametrize("value", ["", "relative"])
def test_an_invalid_value_counts_as_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("XDG_STATE_HOME", value)
    assert cache_folder() == Path("/home/x/.cache/capstan")
    assert state_folder() == Path("/home/x/.local/state/capstan/sandbox")
