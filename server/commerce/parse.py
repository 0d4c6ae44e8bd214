"""Documents become the values of `model`: every time gets its zone, every word its enum, every amount its currency.

A date without a time means that day in the destination's zone. A word that we do not know becomes `unknown` or `other`,
never a happy state. Documents come in checked (`documents`); nothing here raises on a checked document, and nothing
here depends on the present time.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from server.commerce import formats
from server.commerce.derive import is_scan, status_run, unique
from server.commerce.documents import (
    INFORMATIONAL_CODES,
    CustomerDocument,
    OrderDocument,
    parse_time,
)
from server.commerce.model import (
    Address,
    Attempt,
    Buyer,
    Change,
    Claim,
    CustomerRecord,
    Direction,
    Dispute,
    Duty,
    Eta,
    EtaKind,
    EtaRevision,
    FulfilmentOrder,
    FulfilmentPhase,
    Hold,
    HoldReason,
    Line,
    LineQuantity,
    Moment,
    Money,
    OrderSnapshot,
    Payment,
    PaymentMethod,
    PaymentProblem,
    PaymentProblemKind,
    PaymentState,
    Pickup,
    Place,
    Promise,
    ProofOfDelivery,
    Quantities,
    Refund,
    RefundStatus,
    Return,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
    Risk,
    Shipment,
    ShipmentFlag,
    ShipmentStatus,
    Totals,
    TrackingEvent,
    Transaction,
    WorkStatus,
)
from server.commerce.parse_goods import texts
from server.commerce.zones import country_code, zone, zone_of

E = TypeVar("E", bound=StrEnum)

_FLAGS = frozenset(ShipmentFlag)
_OVER_DISPUTES = frozenset({"won", "lost", "closed", "resolved", "accepted", "withdrawn"})
_RETURNING = frozenset(
    {
        ReturnStatus.REQUESTED,
        ReturnStatus.APPROVED,
        ReturnStatus.LABEL_ISSUED,
        ReturnStatus.IN_TRANSIT,
    }
)
_RETURNED = frozenset(
    {
        ReturnStatus.RECEIVED,
        ReturnStatus.INSPECTED,
        ReturnStatus.APPROVED_FOR_PAYOUT,
        ReturnStatus.REFUNDED,
        ReturnStatus.EXCHANGED,
        ReturnStatus.REPAIRED,
        ReturnStatus.CLOSED,
    }
)


def snapshot(document: OrderDocument, *, as_of: datetime, source: str, shop_tz: str = "UTC") -> OrderSnapshot:
    """The order as of one read; `shop_tz` is the zone of addresses that do not tell theirs."""
    address = _address(document.ship_to)
    tz = zone_of(address.country, address.region, shop_tz)
    reader = _Reader(tz, document.currency)
    shipments = _with_lines(tuple(reader.shipment(each) for each in document.shipments or []), document)
    returns = tuple(reader.order_return(each) for each in document.returns or [])
    refunds = tuple(reader.refund(each) for each in document.refunds or [])
    counted = _Counts(shipments, returns, refunds)
    return OrderSnapshot(
        id=document.id,
        number=document.number,
        placed_at=reader.instant(document.placed_at),
        updated_at=reader.instant(document.updated_at or document.placed_at),
        customer=_buyer(document.customer),
        currency=document.currency,
        totals=reader.totals(document.totals),
        payment=reader.payment(document.payment),
        ship_to=address,
        lines=tuple(reader.line(line, counted) for line in document.lines),
        fulfilment=_word(FulfilmentPhase, document.fulfilment, FulfilmentPhase.UNKNOWN),
        tz=tz,
        as_of=as_of.astimezone(UTC),
        source=source,
        promised=reader.promise(document.promised),
        holds=tuple(reader.hold(each) for each in document.holds or []),
        shipments=shipments,
        returns=returns,
        refunds=refunds,
        disputes=tuple(reader.dispute(each) for each in document.disputes or []),
        claims=tuple(
            Claim(each.id, each.kind, each.status, reader.maybe(each.at), each.shipment)
            for each in document.claims or []
        ),
        changes=tuple(Change(reader.maybe(each.at), each.kind) for each in document.changes or []),
        cancelled_at=reader.maybe(document.cancelled_at),
        cancel_reason=document.cancel_reason,
        fulfil_by=reader.moment(document.fulfil_by),
        fulfil_at=reader.moment(document.fulfil_at),
        hold_sla=duration(document.hold_sla),
        tags=tuple(document.tags or ()),
        note=document.note,
        internal_note=document.internal_note,
        fulfilment_orders=tuple(reader.work(each) for each in document.fulfilment_orders or []),
        risk=Risk(document.risk.recommendation, document.risk.level) if document.risk else None,
        confirmation_code=document.confirmation_code,
        closed_at=reader.maybe(document.closed_at),
        is_test=bool(document.test),
        channel=document.channel,
        locale=document.locale,
        bill_zip=document.bill_zip,
        shop_currency=document.shop_currency,
        taxes_included=document.taxes_included,
        status_page_url=document.status_page_url,
    )


def customer_record(document: CustomerDocument, *, as_of: datetime, source: str) -> CustomerRecord:
    """The customer as of one read."""
    return CustomerRecord(
        id=document.id,
        name=document.name,
        emails=tuple(document.emails or ()),
        phones=tuple(document.phones or ()),
        as_of=as_of.astimezone(UTC),
        source=source,
        addresses=tuple(_address(each) for each in document.addresses or []),
        payment_methods=tuple(_method(each) for each in document.payment_methods or []),
        vip=bool(document.vip),
        lifetime_value_minor=document.lifetime_value,
        tags=tuple(document.tags or ()),
        locale=document.locale,
        first_order_at=_moment(document.first_order_at),
        orders=document.orders,
        refunds_12m=document.refunds_12m,
        not_received_claims_12m=document.not_received_claims_12m,
        consents={name: value is True for name, value in (document.consents or {}).items()},
    )


def _moment(text: str | None) -> Moment | None:
    parsed = parse_time(text) if text is not None else None
    return parsed.astimezone(UTC) if isinstance(parsed, datetime) else parsed


_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def duration(value: str | int | None) -> timedelta | None:
    """An ISO 8601 duration without months and years ("PT24H", "P2D"), or a number of hours; None for anything else."""
    if value is None:
        return None
    text = str(value).strip().upper()
    if text.isdecimal() and len(text) < 5:
        return timedelta(hours=int(text))
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()) or any(len(part or "") > 5 for part in found.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _with_lines(shipments: tuple[Shipment, ...], document: OrderDocument) -> tuple[Shipment, ...]:
    """A shop that ships everything in one parcel need not list its lines."""
    if len(shipments) != 1 or shipments[0].lines or document.fulfilment.strip().lower() != FulfilmentPhase.SHIPPED:
        return shipments
    return (replace(shipments[0], lines=tuple(LineQuantity(line.id, line.quantity) for line in document.lines)),)


class _Counts:
    """How far the pieces of each line got, added up over parcels, returns and refunds."""

    def __init__(self, shipments: Sequence[Shipment], returns: Sequence[Return], refunds: Sequence[Refund]) -> None:
        forward = [each for each in shipments if each.direction is Direction.FORWARD]
        self.shipped = _sum(
            line for each in forward if each.status is not ShipmentStatus.CANCELLED for line in each.lines
        )
        self.delivered = _sum(
            line for each in forward if each.status is ShipmentStatus.DELIVERED for line in each.lines
        )
        self.returning = _sum_returns(each for each in returns if each.status in _RETURNING)
        self.returned = _sum_returns(each for each in returns if each.status in _RETURNED)
        self.refunded = _sum(line for each in refunds if each.status is RefundStatus.SUCCEEDED for line in each.lines)


def _sum(lines: Iterable[LineQuantity]) -> dict[str, int]:
    total: dict[str, int] = {}
    for line in lines:
        total[line.line_id] = total.get(line.line_id, 0) + line.quantity
    return total


def _sum_returns(returns: Iterable[Return]) -> dict[str, int]:
    return _sum(LineQuantity(line.line_id, line.quantity) for each in returns for line in each.lines)


class _Reader:
    """Reads the parts of one order, whose destination zone and currency are known."""

    def __init__(self, tz: str, currency: str) -> None:
        self._tz = tz
        self._currency = currency

    def moment(self, text: str | None) -> Moment | None:
        """An instant in UTC, or a date that stays one."""
        return _moment(text)

    def instant(self, text: str) -> datetime:
        """An instant in UTC; a date counts from its noon at the destination, which is that day in every reading."""
        parsed = parse_time(text)
        if not isinstance(parsed, datetime):
            parsed = datetime.combine(parsed, time(12), zone(self._tz))
        return parsed.astimezone(UTC)

    def maybe(self, text: str | None) -> datetime | None:
        """As `instant`, where there may be none."""
        return None if text is None else self.instant(text)

    def money(self, amount_minor: int | None) -> Money:
        """The amount in the order's currency."""
        return Money(amount_minor or 0, self._currency)

    def totals(self, document: formats.TotalsDocument) -> Totals:
        """The sums."""
        return Totals(
            items=self.money(document.items),
            discount=self.money(document.discount),
            shipping=self.money(document.shipping),
            tax=self.money(document.tax),
            total=self.money(document.total),
            refunded=self.money(document.refunded),
            duties=self._some(document.duties),
            outstanding=self._some(document.outstanding),
        )

    def line(self, document: formats.LineDocument, counts: _Counts) -> Line:
        """One position with how far its pieces got."""
        shipped = max(document.fulfilled or 0, counts.shipped.get(document.id, 0))
        return Line(
            id=document.id,
            sku=document.sku,
            product_id=document.product_id,
            title=document.title,
            options=texts(document.options),
            quantities=Quantities(
                ordered=document.quantity,
                current=document.quantity if document.current is None else document.current,
                fulfilled=shipped,
                delivered=counts.delivered.get(document.id, 0),
                returning=counts.returning.get(document.id, 0),
                returned=counts.returned.get(document.id, 0),
                refunded=max(document.refunded or 0, counts.refunded.get(document.id, 0)),
            ),
            unit_price=self.money(document.unit_price),
            final_sale=bool(document.final_sale),
            category=document.category,
            requires_shipping=document.requires_shipping is not False,
            hygiene=bool(document.hygiene),
            tags=tuple(document.tags or ()),
            preorder_release_on=self.moment(document.preorder.release_on) if document.preorder else None,
            is_backorder=document.backorder is not None,
            backorder_expected_on=self.moment(document.backorder.expected_on) if document.backorder else None,
            is_gift_card=bool(document.gift_card),
            variant_id=document.variant,
            total=self._some(document.total),
            tax=self._some(document.tax),
            discount=self._some(document.discount),
            duty=self._some(document.duty),
        )

    def promise(self, document: formats.Range | None) -> Promise | None:
        """The promised window; None when it names neither end."""
        if document is None or (document.min is None and document.max is None):
            return None
        return Promise(self.moment(document.min), self.moment(document.max), document.label)

    def hold(self, document: formats.HoldDocument) -> Hold:
        """A reason to wait."""
        return Hold(_word(HoldReason, document.reason, HoldReason.OTHER), self.maybe(document.since))

    def dispute(self, document: formats.DisputeDocument) -> Dispute:
        """A dispute, open unless its status says that it is over."""
        status = (document.status or "open").strip().lower()
        return Dispute(document.id, status, self.maybe(document.at), status not in _OVER_DISPUTES)

    def shipment(self, document: formats.ShipmentDocument) -> Shipment:
        """One parcel; its status follows from its events."""
        source = f"carrier:{(document.carrier or 'unknown').strip().lower()}"
        events = tuple(unique(self.event(each, source) for each in document.events or []))
        run = status_run(events)
        status = run[-1].code if run else ShipmentStatus.LABEL_CREATED
        return Shipment(
            id=document.id,
            carrier=document.carrier,
            tracking_number=document.tracking_number,
            lines=_lines(document.lines),
            shipped_at=self.maybe(document.shipped_at),
            events=events,
            status=status,
            eta=self.eta(document.eta, source),
            service=document.service,
            direction=_word(Direction, document.direction, Direction.FORWARD),
            tracking_url=document.tracking_url,
            delivered_at=run[-1].at if run and status is ShipmentStatus.DELIVERED else None,
            last_scan=next((event for event in reversed(events) if is_scan(event)), None),
            feed_as_of=self.maybe(document.feed_as_of),
            pod=_proof(document.pod),
            attempts=self.attempts(document.attempts),
            pickup=self.pickup(document.pickup),
            duty=self.duty(document.duty),
            expected_back_on=self.moment(document.expected_back_on),
            group_id=document.group_id,
            leg_numbers=tuple(document.legs or ()),
        )

    def event(self, document: formats.EventDocument, source: str) -> TrackingEvent:
        """One scan; codes that we do not know become `unknown`."""
        code = document.code.strip().lower()
        return TrackingEvent(
            code=_word(ShipmentStatus, code, ShipmentStatus.UNKNOWN),
            raw_code=document.raw_code or document.code,
            at=self.instant(document.at),
            text=document.text,
            place=Place(document.city, document.region, document.country, document.facility),
            reason=document.reason,
            source=document.source or source,
            provider_event_id=document.id,
            sequence=document.sequence,
            received_at=self.maybe(document.received_at),
            ingested_at=self.maybe(document.ingested_at),
            is_date_only=not isinstance(parse_time(document.at), datetime),
            is_informational=code in INFORMATIONAL_CODES,
            flags=frozenset(ShipmentFlag(each) for each in document.flags or [] if each in _FLAGS),
        )

    def eta(self, document: formats.EtaDocument | None, source: str) -> Eta | None:
        """The carrier's expectation; its kind follows from what was given."""
        if document is None or (document.min is None and document.max is None):
            return None
        earliest, latest = self.moment(document.min), self.moment(document.max)
        revisions = sorted(
            (self._revision(each) for each in document.revisions or []),
            key=lambda revision: revision.at or datetime.min.replace(tzinfo=UTC),
        )
        return Eta(
            kind=_eta_kind(earliest, latest),
            min=earliest if earliest is not None else latest,
            max=latest if latest is not None else earliest,
            tz=self._tz,
            source=document.source or source,
            revisions=tuple(revisions),
        )

    def _revision(self, document: formats.EtaRevisionDocument) -> EtaRevision:
        return EtaRevision(self.maybe(document.at), self.moment(document.was), self.moment(document.becomes))

    def attempts(self, document: list[formats.AttemptDocument] | int | None) -> tuple[Attempt, ...]:
        """The failed deliveries; a bare number gives as many of which nothing else is known."""
        if isinstance(document, int):
            return (Attempt(),) * min(max(document, 0), 20)
        return tuple(
            Attempt(self.maybe(each.at), each.reason, self.moment(each.next_at), bool(each.final))
            for each in document or []
        )

    def pickup(self, document: formats.PickupDocument | None) -> Pickup | None:
        """Where the parcel waits."""
        if document is None:
            return None
        return Pickup(document.place, document.hours, self.moment(document.until), document.code)

    def duty(self, document: formats.DutyDocument | None) -> Duty | None:
        """What customs ask for, in the order's currency."""
        if document is None:
            return None
        amount = None if document.amount is None else self.money(document.amount)
        return Duty(amount, document.url, bool(document.prepaid), bool(document.documents_requested))

    def order_return(self, document: formats.ReturnDocument) -> Return:
        """A return or exchange."""
        label = document.label
        return Return(
            id=document.id,
            at=self.maybe(document.at),
            status=_word(ReturnStatus, document.status, ReturnStatus.UNKNOWN),
            outcome=_word(ReturnOutcome, document.outcome or "refund", ReturnOutcome.UNKNOWN),
            lines=tuple(
                ReturnLine(each.line, each.quantity, each.to_sku, each.reason, each.condition, each.decision)
                for each in document.lines or []
            ),
            method=document.method,
            label_url=label.url if isinstance(label, formats.LabelDocument) else label,
            due_by=self.moment(document.due_by),
            received_at=self.maybe(document.received_at),
            inspected_at=self.maybe(document.inspected_at),
            reason=document.reason,
            name=document.name,
            tracking_number=label.tracking if isinstance(label, formats.LabelDocument) else None,
            drop_off=document.drop_off,
            refund_id=document.refund,
            replacement=document.replacement,
            restocking_fee=self._some(document.fees.restocking) if document.fees else None,
            label_fee=self._some(document.fees.label) if document.fees else None,
            difference=self._some(document.difference),
            hold_until_received=document.hold_until_received,
            policy_version=document.policy_version,
        )

    def refund(self, document: formats.RefundDocument) -> Refund:
        """Money on its way back."""
        return Refund(
            id=document.id,
            at=self.maybe(document.at),
            amount=self.money(document.amount),
            status=_word(RefundStatus, document.status, RefundStatus.UNKNOWN),
            method=document.method or "original",
            lines=_lines(document.lines),
            reason=document.reason,
            reference=document.reference,
            shipping=self._some(document.shipping),
            approved_by=tuple(document.approved_by or ()),
        )

    def payment(self, document: formats.PaymentDocument) -> Payment:
        """The money side."""
        return Payment(
            status=_word(PaymentState, document.status, PaymentState.UNKNOWN),
            methods=tuple(_method(each) for each in document.methods or []),
            disputed=bool(document.disputed),
            pay_url=document.pay_url,
            transactions=tuple(self._transaction(each) for each in document.transactions or []),
            problems=tuple(self._problem(each) for each in document.problems or []),
            authorised_until=self.maybe(document.authorised_until),
        )

    def _transaction(self, document: formats.TransactionDocument) -> Transaction:
        return Transaction(
            kind=document.kind.strip().lower(),
            status=_word(RefundStatus, document.status, RefundStatus.UNKNOWN),
            amount=self._some(document.amount),
            gateway=document.gateway,
            at=self.maybe(document.at),
            id=document.id,
            error=document.error,
        )

    def _problem(self, document: formats.PaymentProblemDocument) -> PaymentProblem:
        kind = _word(PaymentProblemKind, document.kind, PaymentProblemKind.UNKNOWN)
        return PaymentProblem(kind, self.maybe(document.at), self._some(document.amount), document.id, document.refund)

    def _some(self, amount_minor: int | None) -> Money | None:
        return None if amount_minor is None else self.money(amount_minor)

    def work(self, document: formats.FulfilmentOrderDocument) -> FulfilmentOrder:
        """A warehouse's share of the order; pieces that it says nothing more about are all still to be done."""
        left = [
            (each.line, each.quantity if each.remaining is None else each.remaining) for each in document.lines or []
        ]
        return FulfilmentOrder(
            id=document.id,
            status=_word(WorkStatus, document.status, WorkStatus.UNKNOWN),
            location=document.location,
            request_status=document.request_status,
            holds=tuple(_word(HoldReason, each, HoldReason.OTHER) for each in document.holds or []),
            fulfil_at=self.moment(document.fulfil_at),
            fulfil_by=self.moment(document.fulfil_by),
            method=document.method,
            lines=tuple(LineQuantity(line, quantity) for line, quantity in left),
            supported_actions=tuple(document.supported_actions or ()),
            at=self.maybe(document.at),
        )


def _eta_kind(earliest: Moment | None, latest: Moment | None) -> EtaKind:
    if not isinstance(latest if latest is not None else earliest, datetime):
        return EtaKind.DATE if earliest in (None, latest) or latest is None else EtaKind.WINDOW
    return EtaKind.DATETIME if earliest in (None, latest) or latest is None else EtaKind.WINDOW


def _word(kind: type[E], word: str | None, otherwise: E) -> E:
    try:
        return kind((word or "").strip().lower())
    except ValueError:
        return otherwise


def _lines(documents: Sequence[formats.LineReference] | None) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(each.line, each.quantity, each.to_sku) for each in documents or [])


def _proof(document: formats.ProofDocument | None) -> ProofOfDelivery | None:
    if document is None:
        return None
    return ProofOfDelivery(document.signed_by, document.place, document.photo_url, document.geo)


def _address(document: formats.AddressDocument | None) -> Address:
    if document is None:
        return Address()
    return Address(
        name=document.name or "",
        line1=document.line1 or "",
        line2=document.line2 or "",
        city=document.city or "",
        region=document.region or "",
        zip=document.zip or "",
        country=country_code(document.country) or document.country or "",
        phone=document.phone,
        kind=document.kind,
        is_validated=document.validated,
        is_deliverable=document.deliverable,
    )


def _buyer(document: formats.BuyerDocument) -> Buyer:
    return Buyer(
        id=document.id,
        name=document.name,
        emails=tuple(document.emails or ()),
        phones=tuple(document.phones or ()),
        zip=document.zip,
    )


def _method(document: formats.PaymentMethodDocument) -> PaymentMethod:
    return PaymentMethod(document.id, document.kind, document.label or document.kind, document.balance)
