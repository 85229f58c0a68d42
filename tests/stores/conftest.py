"""Every storage there is, for the tests that hold for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kube.records.folder import FolderStorage
from kube.records.s3 import S3Storage, client_of
from kube.records.storage import Storage
from tests.fixtures.s3 import make_bucket, s3_server


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The address of a server that speaks S3."""
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage; that in a bucket has neighbours."""
    if request.param == "folder":
        return FolderStorage(tmp_path / "records")
    bucket = make_bucket(request.getfixturevalue("s3_url"), prefix="some/prefix")
    for key in ("some/other/a", "some/prefixed/b", "a", "runs/x/y"):
        client_of(bucket).put_object(Bucket=bucket.name, Key=key, Body=b"another's")
    return S3Storage(bucket)
