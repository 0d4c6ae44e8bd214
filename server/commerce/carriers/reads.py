"""Asking providers where a parcel is, when no webhook came.

One class per provider: where to ask, what proves who we are, and which answers mean that it does not know the parcel.
What was found is read by the same parser as the provider's webhook. Waiting, repeating and giving up are `Outside`'s.
Addresses are those of the providers' public API references.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import quote

from server.clock import Clock
from server.commerce.carriers import aftership, clickpost, easypost, names, seventeen_track, shippo
from server.commerce.carriers.reading import Raw, part, parts, whole, without_nothing, word
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.outside import Outside, Priority
from server.commerce.zones import zone
from server.errors import StoreUnavailable
from server.settings import CarrierSettings, ClickPostSettings

_PRIORITY: Final[Priority] = "delta"
_REFUSED: Final = frozenset({401, 402, 403})
_NOT_KNOWN: Final = frozenset({400, 404, 422})


class Desk:
    """Where one provider is asked, and who asks: an `Outside` that makes sense of refusals."""

    def __init__(self, name: str, url: str, settings: CarrierSettings, clock: Clock, **headers: str) -> None:
        """`url` is the provider's own base URL, `headers` what proves who we are."""
        self._name = name
        self._clock = clock
        self._outside = Outside(name, settings.api_url or url, headers=headers)

    async def ask(self, method: str, path: str, *, params: Raw | None = None, body: object = None) -> Raw | None:
        """The answer; None when what was asked for does not exist. It may be asked twice. Raises StoreUnavailable."""
        reply = await self._outside.call(method, path, params=params, body=body, priority=_PRIORITY, is_read=True)
        if reply.status in _REFUSED:
            raise StoreUnavailable(f"{self._name} refuses our key ({reply.status})")
        if reply.status in _NOT_KNOWN:
            return None
        if reply.status >= 400:
            raise StoreUnavailable(f"{self._name} answered {reply.status}")
        answer = reply.json()
        if not isinstance(answer, dict):
            raise StoreUnavailable(f"{self._name} answered with something else than an object")
        return answer

    def told(self, parse: Callable[[Raw], TrackingUpdate], found: Raw) -> TrackingUpdate:
        """What was read, told now unless the provider knows better. Raises StoreUnavailable when it makes no sense."""
        try:
            update = parse(found)
        except ValueError:
            raise StoreUnavailable(f"{self._name} answered with a parcel that has no number") from None
        return replace(update, told_at=update.told_at or self._clock.now())

    async def close(self) -> None:
        """Let go of connections."""
        await self._outside.close()


class EasyPostReads:
    """EasyPost: a Tracker is looked up, and made where there is none; making one twice gives the first."""

    name: Final = easypost.NAME
    url: Final = "https://api.easypost.com"  # https://docs.easypost.com/docs/trackers

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        login = b64encode(f"{settings.api_key}:".encode()).decode()
        self._desk = Desk(self.name, self.url, settings, clock, Authorization=f"Basic {login}")

    async def parcel(self, tracking_number: str, carrier: str | None) -> Sequence[TrackingUpdate]:
        """The newest Tracker of this number. Raises StoreUnavailable."""
        spelled = names.to_easypost(carrier)
        params = without_nothing(tracking_code=tracking_number, carrier=spelled, page_size=5)
        found = parts(await self._desk.ask("GET", "/v2/trackers", params=params) or {}, "trackers")
        trackers = [each for each in found if word(each, "tracking_code") == tracking_number]
        if not trackers:
            made = await self._desk.ask("POST", "/v2/trackers", body=easypost.creation(tracking_number, spelled))
            trackers = [made] if made and word(made, "tracking_code") == tracking_number else []
        newest = max(trackers, key=lambda tracker: word(tracker, "created_at"), default=None)
        return [] if newest is None else [self._desk.told(easypost.tracker_update, newest)]

    async def close(self) -> None:
        """Let go of connections."""
        await self._desk.close()


class AfterShipReads:
    """AfterShip: a search by number, narrowed to the carrier where we know AfterShip's name of it."""

    name: Final = aftership.NAME
    url: Final = "https://api.aftership.com"  # https://www.aftership.com/docs/tracking/quickstart/api-quick-start

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        self._desk = Desk(self.name, self.url, settings, clock, **{"as-api-key": settings.api_key})

    async def parcel(self, tracking_number: str, carrier: str | None) -> Sequence[TrackingUpdate]:
        """The tracking of this number. Raises StoreUnavailable."""
        params = without_nothing(tracking_numbers=tracking_number, slug=names.to_aftership(carrier))
        answer = await self._desk.ask("GET", "/tracking/2026-07/trackings", params=params) or {}
        found = [
            each
            for each in parts(part(answer, "data"), "trackings")
            if word(each, "tracking_number") == tracking_number
        ]
        return [self._desk.told(aftership.tracking_update, each) for each in found]

    async def close(self) -> None:
        """Let go of connections."""
        await self._desk.close()


class ShippoReads:
    """Shippo: one address per parcel, which needs the carrier."""

    name: Final = shippo.NAME
    url: Final = (
        "https://api.goshippo.com"  # https://docs.goshippo.com/api-reference/tracking-status/get-a-tracking-status
    )

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        self._desk = Desk(self.name, self.url, settings, clock, Authorization=f"ShippoToken {settings.api_key}")

    async def parcel(self, tracking_number: str, carrier: str | None) -> Sequence[TrackingUpdate]:
        """The Track of this number; none without a carrier or before Shippo knows of any status."""
        if carrier is None:
            return []
        token = names.to_shippo(carrier)
        track = await self._desk.ask("GET", f"/tracks/{quote(token, safe='')}/{quote(tracking_number, safe='')}")
        if track is None or not (part(track, "tracking_status") or parts(track, "tracking_history")):
            return []
        return [self._desk.told(shippo.track_update, track)]

    async def close(self) -> None:
        """Let go of connections."""
        await self._desk.close()


class SeventeenTrackReads:
    """17TRACK: a number must be registered before anything is known of it; the answer comes later."""

    name: Final = seventeen_track.NAME
    url: Final = "https://api.17track.net"  # https://api.17track.net/en/doc?version=v2.4

    # Why a number is rejected: not registered; registered already, carrier not found, nothing known yet, carrier wrong.
    _UNREGISTERED: Final = -18019902
    _KNOWS_NOTHING: Final = frozenset({-18019901, -18019903, -18019909, -18019910})

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        self._desk = Desk(self.name, self.url, settings, clock, **{"17token": settings.api_key})

    async def parcel(self, tracking_number: str, carrier: str | None) -> Sequence[TrackingUpdate]:
        """What 17TRACK knows; none, and registered, when it has not followed the number so far."""
        asked = [without_nothing(number=tracking_number, carrier=names.to_seventeen_track(carrier))]
        answer = await self._call("gettrackinfo", asked)
        if self._refusal(answer) == self._UNREGISTERED:
            self._refusal(await self._call("register", asked))
            return []
        found = [each for each in parts(part(answer, "data"), "accepted") if word(each, "number") == tracking_number]
        return [self._desk.told(seventeen_track.tracking_update, each) for each in found if part(each, "track_info")]

    async def _call(self, name: str, asked: object) -> Raw:
        answer = await self._desk.ask("POST", f"/track/v2.4/{name}", body=asked)
        if answer is None or whole(answer, "code") != 0:
            raise StoreUnavailable(f"{self.name} refuses the call ({whole(answer or {}, 'code')})")
        return answer

    def _refusal(self, answer: Raw) -> int | None:
        """Why our number was rejected, where that is an ordinary answer. Raises StoreUnavailable for anything else."""
        rejected = parts(part(answer, "data"), "rejected")
        code = whole(part(rejected[0], "error"), "code") if rejected else None
        if code is None or code == self._UNREGISTERED or code in self._KNOWS_NOTHING:
            return code
        raise StoreUnavailable(f"{self.name} refuses the number ({code})")

    async def close(self) -> None:
        """Let go of connections."""
        await self._desk.close()


class ClickPostReads:
    """ClickPost: a query by waybill; `valid: false` means that it does not know the waybill."""

    name: Final = clickpost.NAME
    url: Final = "https://www.clickpost.in"  # ClickPost's API documentation, "Tracking AWB Using Polling"

    def __init__(self, settings: CarrierSettings, clock: Clock) -> None:
        own = settings if isinstance(settings, ClickPostSettings) else ClickPostSettings()
        self._own = {"username": own.username, "key": settings.api_key}
        self._zone = zone(own.tz)
        self._desk = Desk(self.name, self.url, settings, clock)

    async def parcel(self, tracking_number: str, carrier: str | None) -> Sequence[TrackingUpdate]:
        """The record of this waybill. Raises StoreUnavailable."""
        partner = names.to_clickpost(carrier)
        params = {**self._own, **without_nothing(waybill=tracking_number, cp_id=partner)}
        answer = await self._desk.ask("GET", "/api/v2/track-order/", params=params) or {}
        record = part(part(answer, "result"), tracking_number)
        if not record or record.get("valid") is False:
            return []
        parse = partial(clickpost.record_update, tracking_number, carrier=carrier, told=self._zone)
        return [self._desk.told(parse, record)]

    async def close(self) -> None:
        """Let go of connections."""
        await self._desk.close()
