"""All versions of all templates, kept for ever."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from kube.manifests.problems import InvalidSource
from kube.records.storage import (
    ARCHIVED_TEMPLATES,
    TEMPLATE_USES,
    TEMPLATES,
    Storage,
    StorageError,
)
from kube.templates.stored import ArchiveMark, StoredTemplate, TemplateUse, is_template_name

MAX_TRIES = 20
_DIGITS = 6
Kept = TypeVar("Kept", bound=BaseModel)


class TemplateLibrary:
    """Templates in an append-only storage: a version is a key that can be written once.

    Archiving appends a mark that covers the versions so far; a later version is live again.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def names(self) -> tuple[str, ...]:
        """Return the names of all templates, archived ones too, sorted.

        Raises:
            StorageError: The storage cannot be read.
        """
        return await self._storage.folders(TEMPLATES)

    async def versions(self, name: str) -> tuple[int, ...]:
        """Return the numbers of the versions of a template, none where there is no such template.

        Raises:
            StorageError: The storage cannot be read.
        """
        return await self._numbers(TEMPLATES, name)

    async def archived_through(self, name: str) -> int:
        """Return the last version that is put away; 0 where none is.

        Raises:
            StorageError: The storage cannot be read.
        """
        return max(await self._numbers(ARCHIVED_TEMPLATES, name), default=0)

    async def get(
        self, name: str, version: int | None = None, *, archived: bool = False
    ) -> StoredTemplate:
        """Return one version.

        Args:
            name: The template.
            version: Its number; None is the newest.
            archived: Return it although it is put away.

        Raises:
            InvalidSource: There is no such version, it is put away, or it is damaged.
            StorageError: The storage cannot be read.
        """
        known = await self.versions(name)
        number = max(known, default=0) if version is None else version
        if number not in known:
            has = f"; it has 1 to {known[-1]}" if known else ""
            raise InvalidSource.because(
                f"There is no version {number} of the template {name}{has}."
                if known
                else f"There is no template {name}. `list-templates` shows those there are."
            )
        if not archived and number <= await self.archived_through(name):
            raise InvalidSource.because(
                f"Version {number} of the template {name} is archived. Save it anew with "
                "`save-template`, or name a later version."
            )
        stored = await self._read(StoredTemplate, _key(TEMPLATES, name, number))
        if stored is None or stored.template.digest != stored.digest:
            raise InvalidSource.because(f"Version {number} of the template {name} is damaged.")
        return stored

    async def save(self, stored: StoredTemplate) -> StoredTemplate:
        """Keep a template under its next number; whoever comes second takes the one after.

        Raises:
            InvalidSource: No template can have that name.
            StorageError: The storage cannot be written.
        """
        name = stored.template.name
        if not is_template_name(name):
            raise InvalidSource.because(
                f"A template cannot be called {name!r}: a name is 1 to 63 lower-case letters, "
                "digits and dashes, with no dash at either end."
            )
        for attempt in range(1, MAX_TRIES + 1):
            number = max(await self.versions(name), default=0) + 1
            template = stored.template.model_copy(update={"version": number})
            numbered = stored.model_copy(update={"template": template})
            try:
                await self._write(_key(TEMPLATES, name, number), numbered)
            except StorageError:
                taken = number in await self.versions(name)
                if not taken or attempt == MAX_TRIES:
                    raise
                continue
            return numbered
        raise AssertionError("the last try returns or raises")

    async def archive(self, name: str, mark: ArchiveMark) -> None:
        """Put the versions of a template away.

        Raises:
            StorageError: The storage cannot be written.
        """
        await self._write(_key(ARCHIVED_TEMPLATES, name, mark.through), mark)

    async def note_use(self, name: str, use: TemplateUse) -> None:
        """Remember that a run applies a version.

        Raises:
            StorageError: The storage cannot be written.
        """
        moment = use.at.strftime("%Y%m%dT%H%M%S%f")
        await self._write(f"{TEMPLATE_USES}/{name}/{moment}-{use.run_id}", use)

    async def last_use(self, name: str) -> TemplateUse | None:
        """Return the newest use of any version.

        Raises:
            StorageError: The storage cannot be read.
        """
        keys = await self._storage.keys(f"{TEMPLATE_USES}/{name}") if is_template_name(name) else ()
        return await self._read(TemplateUse, keys[-1]) if keys else None

    async def _numbers(self, area: str, name: str) -> tuple[int, ...]:
        if not is_template_name(name):
            return ()
        keys = await self._storage.keys(f"{area}/{name}")
        endings = (key.rpartition("/")[2] for key in keys)
        return tuple(sorted(int(ending) for ending in endings if ending.isdigit()))

    async def _read(self, kind: type[Kept], key: str) -> Kept | None:
        content = await self._storage.get(key)
        try:
            return kind.model_validate_json(content) if content is not None else None
        except ValidationError:
            return None

    async def _write(self, key: str, kept: BaseModel) -> None:
        await self._storage.put(key, kept.model_dump_json().encode())


def _key(area: str, name: str, number: int) -> str:
    return f"{area}/{name}/{number:0{_DIGITS}d}"
