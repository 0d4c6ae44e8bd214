"""The addresses of return slips: signed, in the shopper's language, with nothing that runs."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx2
import pytest

from server.app import build
from server.clock import HandClock
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import LineQuantity
from server.intake.labels import label_url, slip_url
from server.services import Services
from server.settings import LabelsSettings, ServerSettings, ShopSettings
from tests.server.commerce.orders import NOW, Raw, a_parcel, an_event, an_order, shipped
from tests.server.intake.conftest import settings_in
from tests.support.servers import serve

LABELS = LabelsSettings(line1="1 Dock Rd", city="Newark", region="NJ", zip="07102", country="US")
A_RETURN: Raw = {
    "id": "RMA-1A2B3C4D5E",
    "status": "approved",
    "lines": [{"line": "l1", "quantity": 2}],
    "due_by": "2026-12-20",
}


@dataclass
class Printer:
    """A running application that prints slips."""

    url: str
    services: Services

    async def put(self, **changes: object) -> None:
        """The order, with one return."""
        store = self.services.store
        assert isinstance(store, EmbeddedStore)
        await store.put_order(an_order(**{"returns": [A_RETURN], **changes}))

    def address(self, order_id: str = "ord_7", rma: str = "RMA-1A2B3C4D5E") -> str:
        """The path of a slip."""
        return urlsplit(slip_url(self.services.settings, order_id, rma)).path

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """What a browser gets."""
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, verify=False) as client:
            return await client.get(path, headers=headers)


@pytest.fixture
async def printer(tmp_path: Path) -> AsyncIterator[Printer]:
    """An application with a return address and the order."""
    settings = replace(settings_in(tmp_path), labels=LABELS, shop=ShopSettings(name="Lumen & Co"))
    app = build(settings, clock=HandClock(NOW), loops=())
    async with serve(app) as url:
        printer = Printer(url, app.state.services)
        await printer.put()
        yield printer


async def test_a_slip_shows_where_the_parcel_goes_and_what_is_in_it(printer: Printer) -> None:
    answer = await printer.get(printer.address())
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", "\n", answer.text)
    for shown in ("RMA-1A2B3C4D5E", "Returns, Lumen &amp; Co", "1 Dock Rd", "Newark, NJ 07102", "United States"):
        assert shown in text
    for shown in ("#1042", "2 × Red scarf", "Sunday, December 20", "Ana Souza, Omaha, NE, US"):
        assert shown in text


async def test_a_slip_tells_no_street_and_no_contact_of_the_shopper(printer: Printer) -> None:
    page = (await printer.get(printer.address())).text
    assert "Farnam" not in page
    assert "ana@example.com" not in page
    assert "Visa" not in page


async def test_nothing_on_a_slip_can_run_or_is_kept(printer: Printer) -> None:
    answer = await printer.get(printer.address())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:;")
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")


async def test_what_the_page_names_is_served(printer: Printer) -> None:
    page = (await printer.get(printer.address())).text
    paths = [path for path in re.findall(r'(?:src|href)="([^"]+)', page) if not path.startswith("data:")]
    answers = [await printer.get(path) for path in paths]
    assert [(each.status_code, each.headers["content-type"]) for each in answers] == [
        (200, "text/css; charset=utf-8"),
        (200, "image/svg+xml"),
    ]


async def test_the_code_is_a_picture_that_nobody_can_script(printer: Printer) -> None:
    answer = await printer.get(f"{printer.address()}.svg")
    root = ElementTree.fromstring(answer.content)
    assert {each.tag.rpartition("}")[2] for each in root.iter()} == {"svg", "path"}
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("ending", ["", ".svg"])
async def test_an_address_that_we_did_not_sign_is_not_found(printer: Printer, ending: str) -> None:
    signed = printer.address()
    forged = signed[:-3] + ("AAA" if signed[-3:] != "AAA" else "BBB")
    for path in (forged, "/labels/x", "/labels/WyJvcmRfNyIsIlJNQS0xIl0.x"):
        assert (await printer.get(path + ending)).status_code == 404


async def test_a_slip_signed_with_another_key_is_not_found(printer: Printer) -> None:
    other = replace(printer.services.settings, server=ServerSettings(secret_keys=("z" * 40,)))
    assert (await printer.get(urlsplit(slip_url(other, "ord_7", "RMA-1A2B3C4D5E")).path)).status_code == 404


@pytest.mark.parametrize(("order_id", "rma"), [("ord_8", "RMA-1A2B3C4D5E"), ("ord_7", "RMA-9")])
async def test_a_signed_address_without_its_return_is_not_found(printer: Printer, order_id: str, rma: str) -> None:
    assert (await printer.get(printer.address(order_id, rma))).status_code == 404


@pytest.mark.parametrize(
    ("locale", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de-DE,de;q=0.9,en;q=0.8", "de"),
        (None, "nl, fr;q=0.5, es;q=0.9", "es"),
        (None, "nl,ja", "en"),
        ("pt-BR", "de", "pt"),
        ("fr_CA", "de", "fr"),
        ("nl", "de", "en"),
    ],
)
async def test_the_slip_is_in_the_orders_language_else_in_the_browsers(
    printer: Printer, locale: str | None, accepted: str, language: str
) -> None:
    await printer.put(locale=locale)
    answer = await printer.get(printer.address(), **{"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language


async def test_a_title_that_looks_like_markup_is_text(printer: Printer) -> None:
    lines = [{"id": "l1", "sku": "X", "title": "<img src=x onerror=alert(1)>", "quantity": 2, "unit_price": 1}]
    await printer.put(lines=lines)
    assert "<img src=x" not in (await printer.get(printer.address())).text


async def test_the_label_of_a_return_that_was_just_opened_is_its_slip(printer: Printer) -> None:
    store, settings = printer.services.store, printer.services.settings
    assert isinstance(store, EmbeddedStore)
    delivered = an_event("2026-11-19T15:00:00Z", "delivered")
    await store.put_order(shipped(order={"shipments": [a_parcel(delivered)]}))
    result = await store.start_return("k1", "ord_7", [LineQuantity("l1", 1)], "unwanted", "refund", None, NOW)
    assert result.label_url == label_url(settings, "ord_7", "k1") == slip_url(settings, "ord_7", result.rma)
    page = await printer.get(urlsplit(result.label_url).path)
    assert "1 × Red scarf" in page.text
