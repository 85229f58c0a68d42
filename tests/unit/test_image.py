"""The Dockerfile: what can be known of it without building it.

- the base is pinned, the packages are those of the lock file, by hash, and nothing else is fetched;
- it runs as nobody special, and holds what the flows import, no more, and no secret;
- what it sets of Prefect are settings of the installed Prefect.
"""

from __future__ import annotations

import re

import pytest

from tests.unit.production_files import (
    LOCK,
    OTHERS_SETTINGS,
    PRODUCTION,
    ROOT,
    SECRET_NAME,
    arguments,
    copied,
    image_environment,
    instructions,
    prefect_settings,
)


def test_the_image_begins_with_a_pinned_python_3_11() -> None:
    (base,) = arguments("FROM")
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base)


def test_the_image_installs_the_lock_by_hash_and_nothing_else() -> None:
    installs = [run for run in arguments("RUN") if "pip install" in run]
    assert len(installs) == 1
    assert {"--require-hashes", "--no-deps"} <= set(installs[0].split())
    assert f"--requirement {LOCK.name}" in installs[0]


def test_the_image_fetches_nothing_by_address() -> None:
    words = " ".join(f"{word} {rest}" for word, rest in instructions())
    assert not arguments("ADD")
    assert not re.search(r"\bcurl\b|\bwget\b|\bgit\b|https?://", words)


def test_the_image_runs_as_nobody_special() -> None:
    assert instructions()[-2] == ("USER", "1001:1001")
    assert instructions()[-1][0] == "ENTRYPOINT"


def test_the_image_holds_what_flows_import_and_no_more() -> None:
    rooms = {"flows", "tasks", "blocks", "kube", "deployments"}
    assert copied() == rooms | {"requirements-production.lock", "prefect.yaml", "LICENSE"}
    assert all((ROOT / source).exists() for source in copied())


def test_the_image_has_the_root_on_its_path_and_no_secret() -> None:
    (workdir,) = arguments("WORKDIR")
    variables = image_environment()
    assert variables["PYTHONPATH"] == variables["CAPSTAN_HOME"] == workdir
    assert not any(SECRET_NAME.search(name) for name in variables)
    assert not arguments("ARG")


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    lines = (PRODUCTION / "Dockerfile.dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    assert {line[1:] for line in patterns if line.startswith("!")} == copied()


@pytest.mark.xdist_group("prefect")
def test_the_settings_of_the_image_are_known_to_prefect() -> None:
    names = {name for name in image_environment() if name.startswith("PREFECT_")}
    assert names
    assert names <= prefect_settings() | OTHERS_SETTINGS
