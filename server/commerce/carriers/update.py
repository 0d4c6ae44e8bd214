"""What a provider of tracking events told us about one parcel, in the words of the order format.

Every provider's parser ends here; `feeds` merges updates into parcels. An update may repeat what we know, come late or
out of order: merging any permutation of the same updates gives the same parcel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

Raw: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TrackingUpdate:
    """One parcel as one message told it.

    `carrier` is our lower-case name (`ups`, `usps`, `fedex`, `dhl`, `royal_mail`, ...) or None. `told_at` is the provider's
    own time of the message: of two statements about the same thing the later told one holds. `events` have the shape of
    `formats.EventDocument`: `code` is a ShipmentStatus or `info`, `raw_code` the provider's word, `text` cleaned and at most
    300 characters; `at` carries an offset, or is a date, or is local wall time (ISO 8601 without offset) together with
    `local: true`. The other parts have the shapes of the fields of `formats.ShipmentDocument` with the same names; `eta`
    has `min`, `max` and `source` only, its revisions are found by merging."""

    tracking_number: str
    provider: str
    carrier: str | None = None
    told_at: datetime | None = None
    events: tuple[Raw, ...] = ()
    eta: Raw | None = None
    service: str | None = None
    tracking_url: str | None = None
    direction: str | None = None
    pod: Raw | None = None
    attempts: Sequence[Raw] | int | None = None
    pickup: Raw | None = None
    duty: Raw | None = None
    legs: tuple[str, ...] = ()


class CarrierHooks(Protocol):
    """The webhook side of a provider: pure functions over what arrived. Header names come in lower case."""

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """Whether the provider signed this body (constant-time; false when anything is missing)."""
        ...

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The same for a repeated delivery, different otherwise."""
        ...

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """What it tells; none for an event that does not concern parcels. Raises ValueError when it is malformed."""
        ...


class CarrierReads(Protocol):
    """The polling side of a provider."""

    @property
    def name(self) -> str:
        """The provider's name in settings and metrics."""
        ...

    async def parcel(self, tracking_number: str, carrier: str | None) -> Sequence[TrackingUpdate]:
        """The parcel as the provider knows it now; none when it does not know it. Raises StoreUnavailable."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
