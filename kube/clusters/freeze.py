"""Times in which a cluster is left alone: every week, or once between two moments."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_DAYS: tuple[Day, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder is an OSError
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin") from None
    except KeyError:
        raise ValueError(f"there is no time zone {name!r}; write one such as UTC") from None
    return name


class _Freeze(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="Why, such as: month end of accounting.")
    verdict: Literal["refused", "needs approval"] = Field(
        default="refused", description="What a change is in this time."
    )


class WeeklyFreeze(_Freeze):
    """A time of every week, by the clock on the wall of its time zone."""

    days: list[Day] = Field(min_length=1, description="The days on which it begins.")
    start: time = Field(description="When it begins, such as 18:00.")
    end: time = Field(
        description="When it ends; one that is not after the beginning is on the next day."
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="Name of the time zone, such as Europe/Berlin."
    )

    def covers(self, at: datetime) -> bool:
        """Tell whether a moment is inside; the beginning is, the end is not."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        now, begins_today = local.time(), _DAYS[local.weekday()] in self.days
        if self.start < self.end:
            return begins_today and self.start <= now < self.end
        # It runs over midnight: its second part belongs to the day on which it began.
        began_yesterday = _DAYS[local.weekday() - 1] in self.days
        return (begins_today and now >= self.start) or (began_yesterday and now < self.end)

    def __str__(self) -> str:
        """Return it as a person says it: "Fri, Sat 18:00 to 06:00 Europe/Berlin"."""
        days = ", ".join(day for day in _DAYS if day in self.days)
        return f"{days} {self.start:%H:%M} to {self.end:%H:%M} {self.time_zone}"


class FreezePeriod(_Freeze):
    """A time that comes once, between two moments that name their offset from UTC."""

    start: AwareDatetime = Field(description="When it begins, such as 2026-12-18T00:00:00Z.")
    end: AwareDatetime = Field(description="When it ends.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> FreezePeriod:
        if self.end <= self.start:
            raise ValueError("a freeze ends after it begins")
        return self

    def covers(self, at: datetime) -> bool:
        """Tell whether a moment is inside; the beginning is, the end is not."""
        return self.start <= at < self.end

    def __str__(self) -> str:
        """Return it as a person says it."""
        return f"{self.start:%Y-%m-%d %H:%M %Z} to {self.end:%Y-%m-%d %H:%M %Z}"


FreezeWindow: TypeAlias = WeeklyFreeze | FreezePeriod
