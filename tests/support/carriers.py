"""Stand-ins of the providers of tracking events: webhooks that are signed as theirs are, and servers that can be asked.

`webhook` gives a request to send to us; `CarrierStandIn` answers reads. Both speak of the same neutral timeline: our own
events, oldest first. A stand-in checks who asks and for what; calls that nobody expected are kept in `unexpected`.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support import carriers_bodies as bodies
from tests.support.carriers_bodies import OBJECTS, Parcel, Raw
from tests.support.carriers_words import carrier as carrier_word

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
PROVIDERS = tuple(OBJECTS)
Delivery = tuple[str, dict[str, str], bytes]
"""Path, headers and body of a webhook."""


def webhook(
    provider: str,
    secret: str,
    tracking_number: str,
    carrier: str | None,
    events: Sequence[Raw],
    eta: Raw | None = None,
    *,
    now: datetime = NOW,
    path: str | None = None,
    wrong_signature: bool = False,
    truncated: bool = False,
    duplicate: bool = False,
    is_local: bool = False,
    **parts: object,
) -> Delivery:
    """The provider's message about a parcel after the last of these events: path, headers (lower case) and body.

    `now` is when it is sent. `wrong_signature` signs with another secret; `truncated` cuts the body after it was signed;
    `duplicate` is the second delivery of the same message, sent half a minute later. `parts` are further fields of the
    order format: `pod`, `pickup`, `attempts`, `service`, `direction`."""
    parcel = Parcel(tracking_number, carrier, events, eta, now, is_local, parts)
    body = json.dumps(_MESSAGES[provider](parcel), ensure_ascii=False).encode()
    where = path or f"/webhooks/carriers/{provider}"
    sent_at = now + timedelta(seconds=30 if duplicate else 0)
    headers = _SIGN[provider]("another secret" if wrong_signature else secret, body, sent_at, where)
    return where, {"content-type": "application/json", **headers}, body[: len(body) // 2] if truncated else body


def _id_of(parcel: Parcel) -> str:
    """The same for the same message."""
    told = json.dumps([parcel.number, list(parcel.events), parcel.eta, parcel.told_at.isoformat()], default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _easypost(parcel: Parcel) -> dict[str, object]:
    return {
        "id": f"evt_{_id_of(parcel)}",
        "object": "Event",
        "mode": "production",
        "description": "tracker.updated",
        "previous_attributes": {"status": "unknown"},
        "result": bodies.easypost(parcel),
        "pending_urls": [],
        "completed_urls": [],
        "created_at": parcel.told_at.isoformat(),
        "updated_at": parcel.told_at.isoformat(),
    }


def _aftership(parcel: Parcel) -> dict[str, object]:
    return {
        "ts": int(parcel.told_at.timestamp()),
        "event": "tracking_update",
        "event_id": _id_of(parcel),
        "is_tracking_first_tag": False,
        "msg": bodies.aftership(parcel),
    }


def _shippo(parcel: Parcel) -> dict[str, object]:
    return {"event": "track_updated", "test": False, "data": bodies.shippo(parcel)}


def _seventeen_track(parcel: Parcel) -> dict[str, object]:
    return {"event": "TRACKING_UPDATED", "data": bodies.seventeen_track(parcel)}


def _clickpost(parcel: Parcel) -> dict[str, object]:
    """ClickPost tells one status at a time: the newest."""
    event = bodies.known(parcel)[-1]
    latest, more = bodies.clickpost_status(event), bodies.clickpost_extras(parcel, event)
    partner = int(carrier_word("clickpost", parcel.carrier)) if parcel.carrier in ("fedex", "delhivery") else 99
    return {"waybill": parcel.number, "cp_id": partner, **latest, "additional": {"latest_status": latest, **more}}


_MESSAGES: Mapping[str, Callable[[Parcel], dict[str, object]]] = {
    "easypost": _easypost,
    "aftership": _aftership,
    "shippo": _shippo,
    "17track": _seventeen_track,
    "clickpost": _clickpost,
    "generic": bodies.generic,
}


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _sign_easypost(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    return {"x-hmac-signature": f"hmac-sha256-hex={_hex(unicodedata.normalize('NFKD', secret), body)}"}


def _sign_aftership(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"aftership-hmac-sha256": base64.b64encode(digest).decode()}


def _sign_shippo(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    seconds = int(at.timestamp())
    return {"shippo-auth-signature": f"t={seconds},v1={_hex(secret, f'{seconds}.'.encode() + body)}"}


def _sign_seventeen_track(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    return {"sign": hashlib.sha256(body + f"/{secret}".encode()).hexdigest()}


def _sign_clickpost(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    return {"webhook_key": secret}


def _sign_generic(secret: str, body: bytes, at: datetime, path: str) -> dict[str, str]:
    seconds = int(at.timestamp())
    return {"x-signature": f"t={seconds},v1={_hex(secret, f'{seconds}.POST.{path}.'.encode() + body)}"}


_SIGN: Mapping[str, Callable[[str, bytes, datetime, str], dict[str, str]]] = {
    "easypost": _sign_easypost,
    "aftership": _sign_aftership,
    "shippo": _sign_shippo,
    "17track": _sign_seventeen_track,
    "clickpost": _sign_clickpost,
    "generic": _sign_generic,
}


class CarrierStandIn:
    """A provider that can be asked for parcels: `serve(stand_in.app)` gives its address.

    Set `parcels` by number. `throttle_once` answers the next call with 429 and Retry-After, `fail` the next ones with a
    status of your choice. `calls` are method and path of every call that was allowed in."""

    key = "key_1"
    username = "shop_1"

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.parcels: dict[str, Parcel] = {}
        self.registered: set[str] = set()
        self.calls: list[str] = []
        self.unexpected: list[str] = []
        self._answers: list[Response] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    def add(self, parcel: Parcel) -> None:
        """Know this parcel from now on."""
        self.parcels[parcel.number] = parcel
        self.registered.add(parcel.number)

    def webhook(
        self, secret: str, tracking_number: str, carrier: str | None, events: Sequence[Raw], eta: Raw | None = None
    ) -> Delivery:
        """A message of this provider; for its options see the function."""
        return webhook(self.provider, secret, tracking_number, carrier, events, eta)

    def throttle_once(self, retry_after_s: float = 0.3) -> None:
        """Answer the next call with 429."""
        self._answers.append(JSONResponse({"error": "slow down"}, 429, {"Retry-After": str(retry_after_s)}))

    def fail(self, status: int, times: int = 1) -> None:
        """Answer the next calls with this status."""
        self._answers += [JSONResponse({"error": {"code": "FAILED"}}, status) for _ in range(times)]

    async def _answer(self, request: Request) -> Response:
        if not _ALLOWED[self.provider](request, self):
            return JSONResponse({"code": -18010002}, 401)
        self.calls.append(f"{request.method} {request.url.path}")
        if self._answers:
            return self._answers.pop(0)
        answer = await _ANSWERS[self.provider](request, self)
        if answer is None:
            self.unexpected.append(f"{request.method} {request.url.path}")
            return JSONResponse({"error": "no such call"}, 405)
        return answer


def _basic(request: Request, stand_in: CarrierStandIn) -> bool:
    expected = base64.b64encode(f"{stand_in.key}:".encode()).decode()
    return request.headers.get("authorization") == f"Basic {expected}"


def _by_query(request: Request, stand_in: CarrierStandIn) -> bool:
    query = request.query_params
    return query.get("key") == stand_in.key and query.get("username") == stand_in.username


_ALLOWED: Mapping[str, Callable[[Request, CarrierStandIn], bool]] = {
    "easypost": _basic,
    "aftership": lambda request, stand_in: request.headers.get("as-api-key") == stand_in.key,
    "shippo": lambda request, stand_in: request.headers.get("authorization") == f"ShippoToken {stand_in.key}",
    "17track": lambda request, stand_in: request.headers.get("17token") == stand_in.key,
    "clickpost": _by_query,
}


async def _ask_easypost(request: Request, stand_in: CarrierStandIn) -> Response | None:
    if request.url.path != "/v2/trackers":
        return None
    if request.method == "GET":
        wanted = request.query_params["tracking_code"]
        found = [stand_in.parcels[wanted]] if wanted in stand_in.registered & set(stand_in.parcels) else []
        return JSONResponse({"trackers": [bodies.easypost(parcel) for parcel in found], "has_more": False})
    asked = (await request.json())["tracker"]
    parcel = stand_in.parcels.get(asked["tracking_code"])
    if parcel is None or asked.get("carrier", "UPS") != carrier_word("easypost", parcel.carrier):
        return JSONResponse({"error": {"code": "TRACKER.CREATE.ERROR"}}, 422)
    stand_in.registered.add(parcel.number)
    return JSONResponse(bodies.easypost(parcel), 201)


async def _ask_aftership(request: Request, stand_in: CarrierStandIn) -> Response | None:
    if (request.method, request.url.path) != ("GET", "/tracking/2026-07/trackings"):
        return None
    slug = request.query_params.get("slug")
    asked = [stand_in.parcels.get(number) for number in request.query_params["tracking_numbers"].split(",")]
    found = [bodies.aftership(parcel) for parcel in asked if parcel is not None]
    trackings = [each for each in found if slug in (None, each["slug"])]
    return JSONResponse(
        {"meta": {"code": 200}, "data": {"trackings": trackings, "pagination": {"total": len(trackings)}}}
    )


async def _ask_shippo(request: Request, stand_in: CarrierStandIn) -> Response | None:
    place, _, rest = request.url.path.removeprefix("/").partition("/")
    token, _, number = rest.partition("/")
    if request.method != "GET" or place != "tracks" or not number:
        return None
    parcel = stand_in.parcels.get(number)
    if parcel is None or carrier_word("shippo", parcel.carrier) != token:
        return JSONResponse(
            {"carrier": token, "tracking_number": number, "tracking_status": None, "tracking_history": []}
        )
    return JSONResponse(bodies.shippo(parcel))


async def _ask_seventeen_track(request: Request, stand_in: CarrierStandIn) -> Response | None:
    name = request.url.path.removeprefix("/track/v2.4/")
    if request.method != "POST" or name not in ("gettrackinfo", "register"):
        return None
    (asked,) = await request.json()
    number = asked["number"]
    if name == "register":
        stand_in.registered.add(number)
        return _seventeen({"accepted": [{"origin": 1, "number": number, "carrier": 100002}], "rejected": []})
    if number not in stand_in.registered:
        return _rejected(number, -18019902)
    if number not in stand_in.parcels:
        return _rejected(number, -18019909)
    return _seventeen({"accepted": [bodies.seventeen_track(stand_in.parcels[number])], "rejected": []})


def _seventeen(data: Raw) -> Response:
    return JSONResponse({"code": 0, "data": data})


def _rejected(number: str, code: int) -> Response:
    return _seventeen({"accepted": [], "rejected": [{"number": number, "error": {"code": code, "message": "no"}}]})


async def _ask_clickpost(request: Request, stand_in: CarrierStandIn) -> Response | None:
    if (request.method, request.url.path) != ("GET", "/api/v2/track-order/"):
        return None
    number = request.query_params["waybill"]
    parcel = stand_in.parcels.get(number)
    record = bodies.clickpost(parcel) if parcel else {"valid": False, "latest_status": None, "scans": []}
    return JSONResponse({"meta": {"status": 200, "success": True, "message": "SUCCESS"}, "result": {number: record}})


_ANSWERS = {
    "easypost": _ask_easypost,
    "aftership": _ask_aftership,
    "shippo": _ask_shippo,
    "17track": _ask_seventeen_track,
    "clickpost": _ask_clickpost,
}
