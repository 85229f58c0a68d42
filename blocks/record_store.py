from __future__ import annotations

from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from prefect.blocks.core import Block
from prefect.filesystems import LocalFileSystem
from pydantic import ConfigDict, Field, HttpUrl, SecretStr, field_validator, model_validator

from kube.execution.seal import SealError, SealStore
from kube.records.folder import FolderStorage
from kube.records.s3 import Bucket, S3Storage
from kube.records.storage import Storage
from kube.records.store import RecordStore as Store

_S3 = "s3://"


class RecordStore(Block):
    """Where the records of all operations are kept, beyond Prefect's own retention.

    Example:
        ```python
        from blocks.record_store import RecordStore

        store = RecordStore.load("default").open()
        ```
    """

    _block_type_name = "Capstan Record Store"
    _block_type_slug = "capstan-record-store"
    _logo_url = HttpUrl(str(LocalFileSystem._logo_url))
    _description = "Keeps the record of every operation, in a folder or in a bucket."

    model_config = ConfigDict(hide_input_in_errors=True)  # the input holds the keys in clear

    # Required on purpose: Prefect takes a reference to a block for a block given inline as long as
    # nothing is required, and then refuses the run as ambiguous.
    location: str = Field(
        title="Folder or bucket",
        description="A folder that every worker can write (`~` is the worker's home), or "
        "`s3://bucket/prefix`. The fields of S3 are for a bucket only.",
    )
    seal_key: SecretStr | None = Field(
        default=None,
        title="Seal key",
        description="Fernet key that plans are sealed with; without it nothing is changed.",
    )
    endpoint_url: str | None = Field(
        default=None,
        title="S3 endpoint",
        description="Address of a store that is not Amazon's, such as https://minio.example.com.",
    )
    region: str | None = Field(
        default=None, title="S3 region", description="Region of the bucket, such as eu-central-1."
    )
    access_key_id: str | None = Field(
        default=None,
        title="S3 access key id",
        description="Empty takes what the worker has: a role, or the AWS variables.",
    )
    secret_access_key: SecretStr | None = Field(
        default=None, title="S3 secret access key", description="Belongs to the access key id."
    )
    schema_version: int = Field(default=2, description="Version of these settings.")

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, values: Any) -> Any:
        """Read a block that was saved when there were folders only."""
        if isinstance(values, dict) and "folder" in values and "location" not in values:
            rest = {name: value for name, value in values.items() if name != "folder"}
            return {**rest, "location": values["folder"]}
        return values

    @field_validator("endpoint_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")
        if value and (parts.scheme not in ("http", "https") or "@" in parts.netloc):
            raise ValueError("an endpoint is http(s)://host:port, without user and password")
        return value or None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.location.startswith(_S3) and not self._bucket_and_prefix()[0]:
            raise ValueError("a bucket is named like s3://bucket/prefix")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValueError("the access key id and the secret access key belong together")
        return self

    def open(self) -> Store:
        """Return the store of records; nothing is read or written yet."""
        return Store(self.storage())

    def storage(self) -> Storage:
        """Return where everything is kept: records, seals and the journals of runs."""
        if not self.location.startswith(_S3):
            return FolderStorage(Path(self.location).expanduser())
        name, prefix = self._bucket_and_prefix()
        secret = self.secret_access_key
        return S3Storage(
            Bucket(
                name=name,
                prefix=prefix,
                endpoint_url=self.endpoint_url,
                region=self.region or None,
                access_key_id=self.access_key_id or None,
                secret_access_key=secret.get_secret_value() if secret else None,
            )
        )

    def _bucket_and_prefix(self) -> tuple[str, str]:
        name, _, prefix = self.location.removeprefix(_S3).partition("/")
        return name, prefix.strip("/")

    def seals(self) -> SealStore:
        """Return where plans are sealed.

        Raises:
            SealError: The block has no key, or none that can be used.
        """
        if self.seal_key is None:
            raise SealError(
                "The record store block has no seal key, so no plan can be sealed and nothing is "
                "changed. `python -m deployments setup` draws one."
            )
        return SealStore(self.storage(), self.seal_key.get_secret_value().encode())
