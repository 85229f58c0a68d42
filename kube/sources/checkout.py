"""Manifests in the checkout that a deployment runs from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kube.manifests.problems import InvalidSource
from kube.sources.bundle import ManifestFile

SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 1_000


def read_checkout(root: Path, path: str, max_bytes: int) -> tuple[ManifestFile, ...]:
    """Read a file, or all manifests below a folder, sorted by their path.

    Hidden files and folders are passed over. What leaves the checkout, by `..` or by a link, is
    refused.

    Args:
        root: The checkout.
        path: A file or folder in it, with `/` between names.
        max_bytes: Bound of all files together.

    Returns:
        At most 1,000 files, named by their path in the checkout.

    Raises:
        InvalidSource: It is not there, leaves the checkout, is no UTF-8, is too large or too many.
    """
    root = root.resolve()
    target = _inside(root, root / path, path)
    files = [target] if target.is_file() else list(_below(root, target))
    if not files:
        raise InvalidSource.because(
            f"There is no manifest ({', '.join(SUFFIXES)}) at {path} in the checkout {root}. Check "
            "the path; it counts from the folder of prefect.yaml."
        )
    if len(files) > MAX_FILES:
        raise InvalidSource.because(f"{path} holds more than {MAX_FILES:,} manifests. Split it.")
    if sum(file.stat().st_size for file in files) > max_bytes:
        raise InvalidSource.because(f"{path} holds more than {max_bytes:,} bytes. Split it.")
    return tuple(_file(root, file) for file in files)


def _below(root: Path, folder: Path) -> Iterator[Path]:
    for found in sorted(folder.rglob("*")):
        inner = found.relative_to(folder)
        if found.suffix in SUFFIXES and not any(part.startswith(".") for part in inner.parts):
            target = _inside(root, found, str(found.relative_to(root)))
            if target.is_file():
                yield target


def _inside(root: Path, target: Path, called: str) -> Path:
    resolved = target.resolve()
    if not resolved.is_relative_to(root):
        raise InvalidSource.because(
            f"{called} leads out of the checkout. Name a file or folder inside it."
        )
    if any(part.startswith(".") for part in resolved.relative_to(root).parts):
        raise InvalidSource.because(f"{called} is hidden. Name a file or folder that is not.")
    return resolved


def _file(root: Path, file: Path) -> ManifestFile:
    name = str(file.relative_to(root))
    try:
        return ManifestFile(name=name, text=file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidSource.because(f"{name} is not valid Unicode; save it as UTF-8.") from None
    except OSError as error:
        raise InvalidSource.because(f"{name} cannot be read: {error.strerror}.") from None
