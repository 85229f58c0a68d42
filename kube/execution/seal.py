"""The plan, put away encrypted before the first write, so that a crash loses nothing."""

from __future__ import annotations

from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from pydantic import BaseModel, ConfigDict

from kube.plans.plan import Plan
from kube.records.storage import SEALS, Storage, StorageError


class Approval(BaseModel):
    """Who let a plan pass: the name that was typed, bound to the digest that was shown."""

    model_config = ConfigDict(frozen=True)

    digest: str
    approver: str
    at: datetime
    reason: str = ""


class Sealed(BaseModel):
    """A plan with its before-images, as it is put away under the run that will carry it out."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    cluster: str | None
    sealed_at: datetime
    plan: Plan
    approval: Approval | None = None


class SealError(StorageError):
    """A seal cannot be written, read back or opened; nothing was changed in the cluster."""


class SealStore:
    """Keeps seals under the id of their run, encrypted with one Fernet key."""

    def __init__(self, storage: Storage, key: bytes) -> None:
        """Use a storage and a key (32 bytes, urlsafe base64).

        Raises:
            SealError: The key is no Fernet key.
        """
        self._storage = storage
        try:
            self._fernet = Fernet(key)
        except ValueError:
            raise SealError(
                "The seal key is no Fernet key (32 bytes in urlsafe base64). Make one with "
                "`python -m deployments setup`."
            ) from None

    async def put(self, sealed: Sealed, area: str = SEALS) -> None:
        """Write a seal and read it back; only then may the first write be sent.

        `area` keeps plans that were only shown apart from those that are carried out.

        Raises:
            SealError: It could not be written, or did not come back as it was.
        """
        await self.put_text(sealed.run_id, area, sealed.model_dump_json())
        back = await self.get(sealed.run_id, area)
        if back is None or back.plan.digest != sealed.plan.digest:
            raise SealError("The sealed plan did not come back as it was; nothing was changed.")

    async def get(self, run_id: str, area: str = SEALS) -> Sealed | None:
        """Open the seal of a run, None where there is none.

        Raises:
            SealError: It was sealed with another key, or is damaged.
        """
        content = await self.get_text(run_id, area)
        if content is None:
            return None
        try:
            return Sealed.model_validate_json(content)
        except ValueError:
            raise _damaged(run_id) from None

    async def put_text(self, run_id: str, area: str, text: str) -> None:
        """Put a text away encrypted, one of a run in each area.

        Raises:
            SealError: It could not be written.
        """
        try:
            await self._storage.put(_key(run_id, area), self._fernet.encrypt(text.encode()))
        except StorageError as error:
            raise SealError(
                f"The run could not be sealed, so nothing was changed: {error}"
            ) from error

    async def get_text(self, run_id: str, area: str) -> bytes | None:
        """Open a text of a run, None where there is none.

        Raises:
            SealError: It was sealed with another key, or is damaged.
        """
        content = await self._storage.get(_key(run_id, area))
        if content is None:
            return None
        try:
            return self._fernet.decrypt(content)
        except InvalidToken:
            raise _damaged(run_id) from None

    async def run_ids(self) -> tuple[str, ...]:
        """Return the runs that have a seal."""
        return tuple(key.rpartition("/")[2] for key in await self._storage.keys(SEALS))


def _damaged(run_id: str) -> SealError:
    return SealError(
        f"The seal of run {run_id} cannot be opened: it was sealed with another key, or is damaged."
    )


def _key(run_id: str, area: str) -> str:
    return f"{area}/{run_id}"
