from __future__ import annotations

from pathlib import Path
from typing import cast

from cryptography.fernet import Fernet
from pydantic import SecretStr

from blocks.cluster import Cluster, ClusterCredentials, ClusterVersion
from blocks.record_store import RecordStore
from blocks.variables import Variables

BLOCK_TYPES = (Cluster, ClusterCredentials, ClusterVersion, RecordStore, Variables)


async def register_block_types() -> list[str]:
    """Register every block type of the project with the server; return their slugs."""
    for block_type in BLOCK_TYPES:
        await block_type.register_type_and_schema()
    return [block_type.get_block_type_slug() for block_type in BLOCK_TYPES]


async def ensure_record_store(folder: Path) -> str:
    """Make the default record store in `folder`, unless there is one; return where it is."""
    try:
        store = cast(RecordStore, await RecordStore.aload("default"))
    except ValueError:
        key = Fernet.generate_key().decode()
        store = RecordStore(location=str(folder), seal_key=SecretStr(key))
        await store.save("default")
    return store.location
