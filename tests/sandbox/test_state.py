from pathlib import Path

import pytest
import yaml

from sandbox import state
from sandbox.components import Layout
from sandbox.errors import StateInUse


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StateInUse, match="not a sandbox's"):
        state.claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_only_one_can_claim_a_folder(tmp_path: Path) -> None:
    lock = state.claim(tmp_path / "state")
    with pytest.raises(StateInUse, match="a control plane runs in"):
        state.claim(tmp_path / "state")
    lock.release()
    state.claim(tmp_path / "state").release()


def test_clearing_takes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    state.claim(tmp_path).release()
    for name in ("etcd", "pki", "notes"):
        (tmp_path / name).mkdir()
    state.clear(tmp_path)
    assert not (tmp_path / "etcd").exists()
    assert (tmp_path / "notes").exists()


def test_preparing_leaves_no_placeholder(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    state.prepare(layout)
    text = "".join(path.read_text() for path in layout.simulation.iterdir())
    assert "@include" not in text
    assert "@POD_LOGS@" not in text
    assert f"{tmp_path}/podlogs/default.log" in text


def test_the_audit_policy_leaves_out_the_control_planes_own_requests() -> None:
    rules = yaml.safe_load(state.audit_policy())["rules"]
    assert rules[0]["level"] == "None"
    assert "kwok" in rules[0]["users"]
    assert rules[-1] == {"level": "Metadata"}
