from __future__ import annotations

from pathlib import Path

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from kube.execution.seal import SealError, SealStore
from kube.records.storage import FolderStorage, Storage
from kube.records.store import FolderRecordStore
from kube.records.store import RecordStore as Store


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
    _description = "Keeps the record of every operation."

    folder: str = Field(
        title="Folder",
        description="Folder that every worker can write; `~` is the worker's home.",
    )
    seal_key: SecretStr | None = Field(
        default=None,
        title="Seal key",
        description="Fernet key that plans are sealed with; without it nothing is changed.",
    )
    schema_version: int = Field(default=1, description="Version of these settings.")

    def open(self) -> Store:
        """Return the store of records; nothing is read or written yet."""
        return FolderRecordStore(Path(self.folder).expanduser())

    def storage(self) -> Storage:
        """Return where the journals of runs are kept, beside the records."""
        return FolderStorage(Path(self.folder).expanduser())

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
