"""The kwok configuration: stages and templates of the folder beside this module, put together."""

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

INCLUDE = "@include "
POD_LOGS = "@POD_LOGS@"


def render(pod_logs: Path) -> dict[str, str]:
    """Render every configuration file.

    Args:
        pod_logs: The folder with the log files that all pods share.

    Returns:
        File names and YAML texts.

    Raises:
        FileNotFoundError: A stage includes a template that is not there.
    """
    folder = importlib.resources.files("sandbox").joinpath("simulation")
    rendered = {}
    for source in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".yaml"):
            documents = [
                _fill(document, folder, pod_logs)
                for document in yaml.safe_load_all(source.read_text())
            ]
            rendered[source.name] = yaml.safe_dump_all(documents, sort_keys=False)
    return rendered


def _fill(value: Any, folder: Traversable, pod_logs: Path) -> Any:
    """Replace includes and folders in every text of a document."""
    if isinstance(value, dict):
        return {key: _fill(item, folder, pod_logs) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, folder, pod_logs) for item in value]
    if not isinstance(value, str):
        return value
    # Go templates can include each other, but kwok gives each stage a single one.
    lines = [
        folder.joinpath(line.removeprefix(INCLUDE).strip()).read_text()
        if line.startswith(INCLUDE)
        else line
        for line in value.splitlines()
    ]
    return "\n".join(lines).replace(POD_LOGS, str(pod_logs))
