"""The record store's block: a folder or a bucket by one setting, and no key in any message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from blocks.record_store import RecordStore
from kube.records.folder import FolderStorage
from kube.records.s3 import S3Storage

SECRET = "canary-secret-access-key"


def test_a_path_is_a_folder_as_it_was_before_there_were_buckets(tmp_path: Path) -> None:
    for block in (
        RecordStore(location=str(tmp_path)),
        RecordStore.model_validate({"folder": str(tmp_path), "schema_version": 1}),
    ):
        assert isinstance(block.storage(), FolderStorage)
        assert vars(block.storage()) == {"_folder": tmp_path}
    home = RecordStore(location="~/records").storage()
    assert vars(home) == {"_folder": Path.home() / "records"}


def test_an_address_of_s3_is_a_bucket_with_the_keys_of_the_block() -> None:
    block = RecordStore(
        location="s3://records/capstan/eu/",
        endpoint_url="https://minio.example.com",
        access_key_id="AKID",
        secret_access_key=SecretStr(SECRET),
    )
    storage = block.storage()
    assert isinstance(storage, S3Storage)
    bucket = vars(storage)["_bucket"]
    assert (bucket.name, bucket.prefix, bucket.secret_access_key) == (
        "records", "capstan/eu", SECRET,
    )  # fmt: skip
    assert SECRET not in f"{block!r} {bucket!r} {bucket} {block.model_dump()}"
    alone = vars(RecordStore(location="s3://records", region="eu-central-1").storage())["_bucket"]
    assert (alone.prefix, alone.endpoint_url, alone.access_key_id) == ("", None, None)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"location": "s3:///prefix"}, "a bucket is named like s3://bucket/prefix"),
        ({"secret_access_key": SECRET}, "belong together"),
        ({"endpoint_url": f"https://ann:{SECRET}@minio"}, "without user and password"),
        ({"endpoint_url": "minio:9000"}, "an endpoint is http"),
    ],
    ids=["no bucket", "half a key", "password in the address", "no scheme"],
)
def test_settings_that_make_no_sense_are_told_without_a_key(
    fields: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        RecordStore.model_validate({"location": "s3://b", **fields})
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)
