"""Stand-ins of EasyPost and Shippo for return labels: real HTTP on loopback, as strict as the documentation says.

They check the key, the shape and the direction of what is sent, sell a label once per purchase call, and remember every
call. Faults are told beforehand, per step, and must all be used up; a call that nobody foresaw fails the test. Sources:
docs.easypost.com (shipments, returns, pickups, refunds, errors), docs.goshippo.com (shipments, returns, refunds, pickups).
"""

import asyncio
import base64
import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

EASYPOST_KEY: Final = "EZTK-of-the-tests"
SHIPPO_KEY: Final = "shippo_test_of_the_tests"
Body = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

EASYPOST_RATES: Final[list[Body]] = [
    {"id": "rate_dear", "carrier": "UPSDAP", "service": "Ground", "rate": "11.40", "currency": "USD"},
    {"id": "rate_cheap", "carrier": "USPS", "service": "GroundAdvantage", "rate": "6.07", "currency": "USD"},
    {"id": "rate_euro", "carrier": "DHLExpress", "service": "Express", "rate": "3.00", "currency": "EUR"},
]
SHIPPO_RATES: Final[list[Body]] = [
    {"object_id": "r_dear", "provider": "UPS", "amount": "11.40", "currency": "USD", "carrier_account": "acc_ups"},
    {"object_id": "r_cheap", "provider": "USPS", "amount": "5.50", "currency": "USD", "carrier_account": "acc_usps"},
]


class Ledger:
    """The ledger of writes in memory, with the rules of the real one."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, Any] | None] = {}

    async def look_up(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """(was it sent before, its result if that is known)."""
        return key in self.results, self.results.get(key)

    async def note_sent(self, key: str, name: str, subject: str, at: datetime) -> bool:
        """False when it was noted before."""
        assert name, "a write has a name"
        assert subject, "a write has a subject"
        assert at.tzinfo is not None
        if key in self.results:
            return False
        self.results[key] = None
        return True

    async def keep(self, key: str, result: dict[str, Any]) -> None:
        """Remember the result."""
        self.results[key] = result

    async def forget(self, key: str) -> None:
        """The key may be sent again."""
        self.results.pop(key, None)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call of a step: a status instead of doing it, or done and then slow or never answered."""

    status: int | None = None
    delay_s: float = 0.0
    drops: bool = False
    body: Body | None = None


class _Dropped(Response):
    """Begins an answer and breaks off: the caller never learns what was done."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more bytes than ever come."""
        headers = [(b"content-length", b"100"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


class Provider:
    """What both stand-ins share. `bought` are the purchases of labels, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.bought: list[Body] = []
        self.problems: list[str] = []
        self._faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=self._routes(),
            exception_handlers={404: self._unexpected, 405: self._unexpected},
        )

    def fail(self, step: str, *faults: Fault) -> None:
        """The next calls of this step go wrong so, one after the other."""
        self._faults[step].extend(faults)

    def assert_fine(self) -> None:
        """Nothing was sent that nobody expected, and every fault happened."""
        left = {step: faults for step, faults in self._faults.items() if faults}
        assert not self.problems, self.problems
        assert not left, f"faults that never happened: {left}"

    def count(self, step: str) -> int:
        """How often this step was called."""
        return self.calls.count(step)

    def _routes(self) -> list[Route]:
        raise NotImplementedError

    def _allows(self, request: Request) -> Response | None:
        raise NotImplementedError

    def _step(self, name: str, handle: Handler) -> Handler:
        async def run(request: Request) -> Response:
            self.calls.append(name)
            refusal = self._allows(request)
            if refusal is not None:
                return refusal
            fault = self._faults[name].pop(0) if self._faults[name] else Fault()
            if fault.status is not None:
                return JSONResponse(fault.body or {"error": {"message": "not now"}}, fault.status)
            response = await handle(request)
            await asyncio.sleep(fault.delay_s)
            return _Dropped() if fault.drops else response

        return run

    def number(self, prefix: str) -> str:
        """A new number of theirs."""
        return f"{prefix}{next(self._numbers):04d}"

    async def _unexpected(self, request: Request, _error: Exception) -> Response:
        self.problems.append(f"{request.method} {request.url.path} was called")
        return JSONResponse({"error": {"code": "NOT_FOUND", "message": "no such thing"}}, 404)


def _missing(address: Mapping[str, Any]) -> list[str]:
    return [name for name in ("street1", "city", "zip", "country") if not address.get(name)]


class EasyPostDesk(Provider):
    """EasyPost: shipments with rates, one purchase per shipment, refunds, QR forms, pickups."""

    def __init__(self) -> None:
        self.shipments: dict[str, Body] = {}
        self.pickups: dict[str, Body] = {}
        self.rates = [dict(rate) for rate in EASYPOST_RATES]
        self.pickup_rates: list[Body] = [
            {"carrier": "USPS", "service": "NextDay", "rate": "0.00", "currency": "USD", "id": "pickuprate_1"},
            {"carrier": "UPS", "service": "Same-day Pickup", "rate": "5.85", "currency": "USD", "id": "pickuprate_2"},
        ]
        self.messages: list[Body] = []
        self.refund_status: object = "submitted"
        self.label_url = "https://labels.example/{id}.pdf"
        super().__init__()

    @override
    def _routes(self) -> list[Route]:
        routes = [
            ("/shipments", "POST", "create", self._create),
            ("/shipments/{id}", "GET", "read", self._read),
            ("/shipments/{id}/buy", "POST", "buy", self._buy),
            ("/shipments/{id}/refund", "POST", "refund", self._refund),
            ("/shipments/{id}/forms", "POST", "form", self._form),
            ("/pickups", "POST", "create_pickup", self._create_pickup),
            ("/pickups/{id}", "GET", "read_pickup", self._read_pickup),
            ("/pickups/{id}/buy", "POST", "buy_pickup", self._buy_pickup),
        ]
        return [Route(path, self._step(name, handle), methods=[method]) for path, method, name, handle in routes]

    @override
    def _allows(self, request: Request) -> Response | None:
        wanted = "Basic " + base64.b64encode(f"{EASYPOST_KEY}:".encode()).decode()
        if request.headers.get("authorization") == wanted:
            return None
        return _easypost_error(401, "APIKEY.INACTIVE", "This api key is no longer active")

    async def _create(self, request: Request) -> Response:
        asked = (await request.json())["shipment"]
        for name in ("to_address", "from_address"):
            if missing := _missing(asked[name]):
                fields = [{"field": field, "message": "is missing", "suggestion": None} for field in missing]
                return _easypost_error(422, "ADDRESS.PARAMETERS.INVALID", f"{name} is invalid", fields)
        assert asked["is_return"] is True
        assert all(isinstance(asked["parcel"][each], float) for each in ("length", "width", "height", "weight"))
        shipment_id = self.number("shp_")
        # EasyPost turns the addresses of a return: the parcel starts at `to_address` of the request.
        self.shipments[shipment_id] = {
            "id": shipment_id,
            "object": "Shipment",
            "reference": asked["reference"],
            "is_return": True,
            "from_address": asked["to_address"],
            "to_address": asked["from_address"],
            "parcel": asked["parcel"],
            "options": asked["options"],
            "rates": self.rates,
            "messages": self.messages,
            "selected_rate": None,
            "postage_label": None,
            "tracking_code": None,
            "refund_status": None,
            "forms": [],
        }
        return JSONResponse(self.shipments[shipment_id], 201)

    def _found(self, things: Mapping[str, Body], request: Request) -> Body | None:
        wanted = request.path_params["id"]
        return next((each for each in things.values() if wanted in (each["id"], each["reference"])), None)

    async def _read(self, request: Request) -> Response:
        found = self._found(self.shipments, request)
        return (
            JSONResponse(found) if found else _easypost_error(404, "NOT_FOUND", "The requested resource is not there")
        )

    async def _buy(self, request: Request) -> Response:
        shipment = self._found(self.shipments, request)
        rate_id = (await request.json())["rate"]["id"]
        rate = next((each for each in self.rates if each["id"] == rate_id), None)
        if shipment is None or rate is None:
            return _easypost_error(404, "NOT_FOUND", "no such shipment or rate")
        if shipment["postage_label"]:
            return _easypost_error(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment")
        shipment["selected_rate"] = rate
        shipment["tracking_code"] = f"9400100000000000{shipment['id'][-4:]}"
        shipment["postage_label"] = {
            "label_url": self.label_url.format(id=shipment["id"]),
            "created_at": "2026-11-20T18:00:05Z",
        }
        self.bought.append(shipment)
        return JSONResponse(shipment)

    async def _refund(self, request: Request) -> Response:
        shipment = self._found(self.shipments, request)
        if shipment is None or not shipment["postage_label"]:
            return _easypost_error(422, "SHIPMENT.REFUND.UNAVAILABLE", "there is no postage to refund")
        shipment["refund_status"] = self.refund_status
        return JSONResponse(shipment)

    async def _form(self, request: Request) -> Response:
        shipment = self._found(self.shipments, request)
        assert shipment is not None
        assert (await request.json()) == {"form": {"type": "label_qr_code"}}
        assert shipment["selected_rate"]["carrier"] == "USPS", "label broker is for USPS alone"
        url = f"https://labels.example/{shipment['id']}-qr.png"
        shipment["forms"] = [{"form_type": "label_qr_code", "form_url": url}]
        return JSONResponse(shipment, 201)

    async def _create_pickup(self, request: Request) -> Response:
        asked = (await request.json())["pickup"]
        assert asked["shipment"]["id"] in self.shipments
        assert not _missing(asked["address"])
        assert datetime.fromisoformat(asked["min_datetime"]) < datetime.fromisoformat(asked["max_datetime"])
        pickup_id = self.number("pickup_")
        times = {name: asked[name] for name in ("min_datetime", "max_datetime", "reference")}
        self.pickups[pickup_id] = {
            "id": pickup_id,
            "status": "unknown",
            "confirmation": None,
            "pickup_rates": self.pickup_rates,
            "messages": self.messages,
            **times,
        }
        return JSONResponse(self.pickups[pickup_id], 201)

    async def _read_pickup(self, request: Request) -> Response:
        found = self._found(self.pickups, request)
        return (
            JSONResponse(found) if found else _easypost_error(404, "NOT_FOUND", "The requested resource is not there")
        )

    async def _buy_pickup(self, request: Request) -> Response:
        pickup = self._found(self.pickups, request)
        assert pickup is not None
        asked = await request.json()
        assert any(asked == {"carrier": r["carrier"], "service": r["service"]} for r in self.pickup_rates)
        if pickup["status"] == "scheduled":
            self.problems.append("the same pickup was bought twice")
        pickup.update(status="scheduled", confirmation="WTC123")
        return JSONResponse(pickup)


def _easypost_error(status: int, code: str, message: str, errors: list[Body] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, "errors": errors or []}}, status)


class ShippoDesk(Provider):
    """Shippo: shipments with rates, transactions (each call sells), refunds, pickups that nobody can read."""

    def __init__(self) -> None:
        self.shipments: dict[str, Body] = {}
        self.transactions: dict[str, Body] = {}
        self.pickups: list[Body] = []
        self.rates = [dict(rate) for rate in SHIPPO_RATES]
        self.plain_rates: list[Body] = []
        self.statuses: list[str] = []
        self.refund_status = "QUEUED"
        self.pickup_status = "CONFIRMED"
        self.label_url = "https://shippo-delivery.example/{id}.pdf"
        super().__init__()

    @override
    def _routes(self) -> list[Route]:
        routes = [
            ("/shipments/", "POST", "create", self._create),
            ("/transactions/", "POST", "buy", self._buy),
            ("/transactions/", "GET", "list", self._list),
            ("/transactions/{id}", "GET", "read", self._read),
            ("/rates/{id}", "GET", "rate", self._rate),
            ("/refunds/", "POST", "refund", self._refund),
            ("/pickups/", "POST", "pickup", self._pickup),
        ]
        return [Route(path, self._step(name, handle), methods=[method]) for path, method, name, handle in routes]

    @override
    def _allows(self, request: Request) -> Response | None:
        headers = request.headers
        if headers.get("authorization") != f"ShippoToken {SHIPPO_KEY}":
            return JSONResponse({"detail": "Invalid token header."}, 401)
        assert headers.get("shippo-api-version") == "2018-02-08"
        return None

    async def _create(self, request: Request) -> Response:
        asked = await request.json()
        wrong = {name: _missing(asked[name]) for name in ("address_from", "address_to")}
        if any(wrong.values()):
            shape = {name: [{field: ["This field is required."] for field in fields}] for name, fields in wrong.items()}
            return JSONResponse({name: value for name, value in shape.items() if wrong[name]}, 400)
        parcel = asked["parcels"][0]
        assert all(isinstance(value, str) for value in parcel.values())
        assert (parcel["distance_unit"], parcel["mass_unit"]) == ("cm", "g")
        assert len(asked["metadata"]) <= 100
        offered = self.rates if asked["extra"].get("is_return") else self.plain_rates
        rates = [{"servicelevel": {"token": "ground"}, **rate} for rate in offered]
        shipment_id = self.number("shipment")
        self.shipments[shipment_id] = {**asked, "object_id": shipment_id, "rates": rates}
        return JSONResponse({"object_id": shipment_id, "status": "SUCCESS", "rates": rates, "messages": []}, 201)

    def _offered(self, rate_id: str) -> Body | None:
        return next((rate for rate in self.rates + self.plain_rates if rate["object_id"] == rate_id), None)

    async def _buy(self, request: Request) -> Response:
        asked = await request.json()
        assert asked["async"] is False
        assert len(asked["metadata"]) <= 100
        if self._offered(asked["rate"]) is None:
            return JSONResponse({"rate": ["Rate not found"]}, 400)
        transaction_id = self.number("transaction")
        sold = self._sold(transaction_id, asked, self.statuses.pop(0) if self.statuses else "SUCCESS")
        self.transactions[transaction_id] = sold
        if sold["status"] != "ERROR":
            self.bought.append(sold)
        return JSONResponse(sold, 201)

    def _sold(self, transaction_id: str, asked: Body, status: str) -> Body:
        done = status == "SUCCESS"
        text = [{"source": "USPS", "code": "", "text": "The carrier refuses this address"}]
        return {
            "object_id": transaction_id,
            "object_created": "2026-11-20T18:00:05.123Z",
            "status": status,
            "rate": asked["rate"],
            "metadata": asked["metadata"],
            "label_url": self.label_url.format(id=transaction_id) if done else "",
            "qr_code_url": None,
            "tracking_number": "92055901755477000000000015" if done else "",
            "messages": text if status == "ERROR" else [],
        }

    async def _read(self, request: Request) -> Response:
        transaction_id = request.path_params["id"]
        found = self.transactions.get(transaction_id)
        if found is None:
            return JSONResponse({"detail": "Not found."}, 404)
        if self.statuses and found["status"] in ("QUEUED", "WAITING"):
            found.update(self._sold(transaction_id, found, self.statuses.pop(0)))
        return JSONResponse(found)

    async def _list(self, request: Request) -> Response:
        size, page = int(request.query_params["results"]), int(request.query_params["page"])
        assert size <= 100
        newest = list(reversed(self.transactions.values()))
        return JSONResponse({"next": None, "previous": None, "results": newest[(page - 1) * size : page * size]})

    async def _rate(self, request: Request) -> Response:
        found = self._offered(request.path_params["id"])
        return JSONResponse(found) if found else JSONResponse({"detail": "Not found."}, 404)

    async def _refund(self, request: Request) -> Response:
        asked = await request.json()
        found = self.transactions.get(asked["transaction"])
        if found is None:
            return JSONResponse({"transaction": ["Transaction not found"]}, 400)
        if self.refund_status in ("QUEUED", "PENDING", "SUCCESS"):
            found["status"] = "REFUNDPENDING"
        return JSONResponse({"object_id": self.number("refund"), "status": self.refund_status, **asked}, 201)

    async def _pickup(self, request: Request) -> Response:
        asked = await request.json()
        assert asked["carrier_account"] in ("acc_usps", "acc_dhl")
        assert all(each in self.transactions for each in asked["transactions"])
        address = asked["location"]["address"]
        assert not _missing(address)
        assert not set("/&*") & set("".join(address.values()))
        self.pickups.append(asked)
        confirmed = self.pickup_status == "CONFIRMED"
        return JSONResponse(
            {
                **asked,
                "object_id": self.number("pickup"),
                "status": self.pickup_status,
                "confirmation_code": "WTC310058750" if confirmed else None,
                "confirmed_start_time": asked["requested_start_time"] if confirmed else None,
                "confirmed_end_time": asked["requested_end_time"] if confirmed else None,
                "messages": [{"text": "No pickups on that day"}] if self.pickup_status == "ERROR" else [],
            },
            201,
        )
