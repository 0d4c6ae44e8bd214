"""Promotions as the shop imported them: a code, what it gives, when it holds, and on what conditions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Protocol, runtime_checkable

from server.commerce.documents import PromotionDocument, parse_time
from server.commerce.model import Moment


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion. `value` is a percentage for `percent`, minor units of the shop's currency for `amount`.

    `conditions` by name, as the shop wrote them; conditions in free words stand under `text`. `stackable` None = nobody said."""

    code: str
    kind: str
    value: int | float | None
    starts_at: Moment | None
    ends_at: Moment | None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    stackable: bool | None = None
    source: str = ""

    def has_begun(self, now: datetime) -> bool:
        """Whether it holds already."""
        return self.starts_at is None or _start(self.starts_at, now) <= now

    def is_over(self, now: datetime) -> bool:
        """Whether it holds no longer; a last day counts in full."""
        return self.ends_at is not None and _end(self.ends_at, now) < now


@runtime_checkable
class KeepsPromotions(Protocol):
    """An order system that knows the shop's promotions. Raises StoreUnavailable."""

    async def promotions(self) -> tuple[Promotion, ...]:
        """Every promotion, in the order of their codes."""
        ...


def promotion(document: PromotionDocument, *, source: str) -> Promotion:
    """The promotion of a document."""
    said = document.conditions
    conditions = said if isinstance(said, dict) else {"text": said} if said else {}
    return Promotion(
        code=document.code,
        kind=document.kind,
        value=document.value,
        starts_at=parse_time(document.starts_at) if document.starts_at else None,
        ends_at=parse_time(document.ends_at) if document.ends_at else None,
        conditions=conditions,
        stackable=document.stackable,
        source=source,
    )


def _start(moment: Moment, now: datetime) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, now.tzinfo)


def _end(moment: Moment, now: datetime) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.max, now.tzinfo)
