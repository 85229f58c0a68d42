"""The objects of one apply, and what is to be known of where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from kube.manifests.documents import Document, duplicates, load
from kube.manifests.limits import DEFAULT_LIMITS, Limits
from kube.manifests.problems import InvalidManifest, InvalidSource
from kube.plans.plan import PlanSource
from kube.sources.source import SourceKind


class ManifestFile(BaseModel):
    """One text as it was read; `name` is empty where there is only one."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    name: str = ""
    text: str = Field(repr=False)


@dataclass(frozen=True)
class Bundle:
    """The objects of an apply.

    `secret_texts` are the values of secret variables in every spelling that came into an object;
    `files` is what was read, where it was no template. Neither is ever shown.
    """

    documents: tuple[Document, ...] = field(repr=False)
    source: PlanSource
    secret_texts: tuple[str, ...] = field(default=(), repr=False)
    files: tuple[ManifestFile, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()


def bundle_of(
    files: Sequence[ManifestFile], kind: SourceKind, name: str, limits: Limits = DEFAULT_LIMITS
) -> Bundle:
    """Read files into one bundle, in their order.

    Args:
        files: The texts.
        kind: Which way they came.
        name: Address or path; empty for a text.
        limits: What is refused; `text_bytes` bounds all files together.

    Raises:
        InvalidManifest: With the problems of every file.
        InvalidSource: There is no object in them, or they are too large together.
    """
    if sum(len(file.text) for file in files) > limits.text_bytes:
        raise InvalidSource.because(
            f"The files take more than {limits.text_bytes:,} bytes together. Split the bundle."
        )
    documents = tuple(_documents(files, limits))
    if not documents:
        raise InvalidSource.because(f"There is no object in the {kind} {name}".rstrip() + ".")
    source = PlanSource(kind=kind, name=name, digest=digest_of(files))
    return Bundle(documents=documents, source=source, files=tuple(files))


def digest_of(files: Sequence[ManifestFile]) -> str:
    """Return `sha256:` and the digest of a text, or of the names and digests of several."""
    if len(files) == 1:
        return _digest(files[0].text)
    return _digest("".join(f"{_digest(file.text)}  {file.name}\n" for file in files))


def _documents(files: Iterable[ManifestFile], limits: Limits) -> Iterator[Document]:
    found: list[Document] = []
    problems = []
    for file in files:
        try:
            found += (replace(one, file=file.name) for one in load(file.text, limits))
        except InvalidManifest as error:
            problems += [replace(problem, file=file.name) for problem in error.problems]
    problems = problems or list(duplicates(found))
    if problems:
        raise InvalidManifest(problems[: limits.problems])
    yield from found


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode(errors='surrogatepass')).hexdigest()}"
