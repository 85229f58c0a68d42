"""Storage in a bucket of S3, or of a store that speaks S3, for workers on many machines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, NoReturn, TypeVar

from kube.records.storage import StorageError

T = TypeVar("T")
Client = Any  # boto3 makes its classes when it runs

CONNECT_SECONDS = 5
READ_SECONDS = 30
ATTEMPTS = 4
REQUESTS_AT_ONCE = 16
PAGE_SIZE = 1000  # the most that S3 allows

_THREADS = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix="s3")
_NO_BUCKET = ("NoSuchBucket",)
_DENIED = ("AccessDenied", "403", "AllAccessDisabled", "AccountProblem")
_BAD_KEY = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "ExpiredToken",
    "RequestTimeTooSkewed",
)
_TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is and how to sign in; without keys, as boto3 finds out by itself.

    `endpoint_url` is that of a store which is not Amazon's. `prefix` has no slash at its end.
    """

    name: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return the bucket and its endpoint, as a message names it."""
        place = f"s3://{self.name}" + (f"/{self.prefix}" if self.prefix else "")
        return f"{place} at {self.endpoint_url}" if self.endpoint_url else place


class S3Storage:
    """Storage in a bucket; see `kube.records.storage.Storage`.

    Nothing is ever replaced: a write is refused by the store itself where the key is taken
    (`If-None-Match: *`), which a store of another make must support too.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def put(self, key: str, content: bytes) -> None:
        """Store an object.

        Raises:
            StorageError: The bucket cannot be written, or the key is taken.
        """
        await self._call(self._put, key, content)

    async def get(self, key: str) -> bytes | None:
        """Read an object.

        Raises:
            StorageError: The bucket cannot be read.
        """
        return await self._call(self._get, key)

    async def keys(self, prefix: str) -> tuple[str, ...]:
        """List the objects below a prefix, 1,000 a request, sorted.

        Raises:
            StorageError: The bucket cannot be read.
        """
        return await self._call(self._list_keys, prefix)

    async def folders(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """List what stands between a prefix and the next slash, 1,000 a request, sorted.

        Raises:
            StorageError: The bucket cannot be read.
        """
        return await self._call(self._list_folders, prefix, after)

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_THREADS, partial(self._told, function, *arguments))

    def _told(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call boto3; whatever it raises becomes an error of ours, which quotes no credential."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return function(client_of(self._bucket), *arguments)
        except ClientError as error:
            self._refused(str(error.response.get("Error", {}).get("Code", "")))
        except (BotoCoreError, ValueError) as error:
            self._unreachable(type(error).__name__)

    def _put(self, client: Client, key: str, content: bytes) -> None:
        from botocore.exceptions import ClientError

        place = {"Bucket": self._bucket.name, "Key": self._path(key)}
        try:
            client.put_object(**place, Body=content, IfNoneMatch="*")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _TAKEN:
                raise
            tried = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
            # The answer to our own first try may have been lost on the way.
            if not tried or self._get(client, key) != content:
                raise StorageError(
                    f"{key} exists already in {self._bucket}; nothing is replaced."
                ) from None

    def _get(self, client: Client, key: str) -> bytes | None:
        try:
            answer = client.get_object(Bucket=self._bucket.name, Key=self._path(key))
        except client.exceptions.NoSuchKey:
            return None
        with answer["Body"] as body:
            content: bytes = body.read()
        return content

    def _list_keys(self, client: Client, prefix: str) -> tuple[str, ...]:
        root = self._path("")
        pages = self._pages(client, Prefix=self._folder(prefix))
        return tuple(found["Key"][len(root) :] for page in pages for found in page["Contents"])

    def _list_folders(self, client: Client, prefix: str, after: str) -> tuple[str, ...]:
        start = self._folder(prefix)
        pages = self._pages(client, Prefix=start, Delimiter="/", StartAfter=f"{start}{after}")
        found = (common["Prefix"] for page in pages for common in page["CommonPrefixes"])
        names = (place[len(start) :].rstrip("/") for place in found)
        return tuple(name for name in names if name > after)

    def _pages(self, client: Client, **wanted: str) -> Iterator[dict[str, Any]]:
        paginator = client.get_paginator("list_objects_v2")
        config = {"PageSize": PAGE_SIZE}
        pages = paginator.paginate(Bucket=self._bucket.name, PaginationConfig=config, **wanted)
        return ({"Contents": [], "CommonPrefixes": [], **page} for page in pages)

    def _path(self, key: str) -> str:
        return f"{self._bucket.prefix}/{key}" if self._bucket.prefix else key

    def _folder(self, prefix: str) -> str:
        return self._path(f"{prefix}/" if prefix else "")

    def _refused(self, code: str) -> NoReturn:
        if code in _NO_BUCKET:
            reason = "there is no such bucket. Make it, or name another one"
        elif code in _DENIED:
            reason = (
                "access is denied. The key needs s3:GetObject, s3:PutObject and s3:ListBucket there"
            )
        elif code in _BAD_KEY:
            reason = f"the access key is not accepted ({code}). Renew it"
        elif code in ("NotImplemented", "501"):
            reason = "the store cannot refuse to replace an object (If-None-Match). Use another one"
        else:
            reason = f"the store answered {code or 'with an error'}. Try again, then look into it"
        raise StorageError(f"{self._bucket}: {reason}; see the record store block.") from None

    def _unreachable(self, kind: str) -> NoReturn:
        if kind in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
            reason = "there are no credentials. Give keys, or the worker a role"
        else:
            reason = f"it is not reached ({kind}). Check endpoint, region and network"
        raise StorageError(f"{self._bucket}: {reason}; see the record store block.") from None


def client_of(bucket: Bucket) -> Client:
    """Return boto3's client of the store that a bucket is in; threads may share it."""
    return _client(replace(bucket, name="", prefix=""))


@cache  # making one takes 0.3 s
def _client(bucket: Bucket) -> Client:
    import boto3  # 0.4 s, and most installations keep their records in a folder
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=REQUESTS_AT_ONCE,
        # Stores of another make know neither names of buckets as hosts nor the new checksums.
        s3={"addressing_style": "path" if bucket.endpoint_url else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=bucket.endpoint_url,
        region_name=bucket.region or ("us-east-1" if bucket.endpoint_url else None),
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        config=config,
    )
