import stat
from pathlib import Path

import pytest

from sandbox.files import write_private


def test_a_private_file_replaces_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("public")
    path.chmod(0o644)
    write_private(path, "secret")
    assert path.read_text() == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "taken", b"secret")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
