"""What stands on a return slip, without a server."""

from dataclasses import fields, replace
from xml.etree import ElementTree

import pytest
import segno

from server.commerce.model import OrderSnapshot, Return, ReturnStatus
from server.intake.label_page import code_svg, code_text, page
from server.intake.label_words import WORDS, reads
from server.settings import LabelsSettings, Settings, ShopSettings
from tests.server.commerce.orders import an_order, snap

ORDER = snap(
    an_order(
        returns=[
            {"id": "RMA-1", "status": "approved", "lines": [{"line": "l1", "quantity": 1}], "due_by": "2026-11-21"}
        ]
    )
)
RETURN = ORDER.returns[0]
GERMANY = LabelsSettings(name="Lumen Retouren", line1="Hafenstr. 1", city="Hamburg", zip="20457", country="DE")


def shown(
    found: Return = RETURN, order: OrderSnapshot = ORDER, language: str = "en", labels: LabelsSettings = GERMANY
) -> str:
    """The page's HTML."""
    settings = Settings(shop=ShopSettings(name="Lumen"), labels=labels)
    return page(order, found, settings, language, "/labels/t.svg")


def _matrix(svg: bytes) -> list[list[int]]:
    """The modules of a code, painted from its path: `M` moves, `m` moves by, `h` paints to the right."""
    root = ElementTree.fromstring(svg)
    size = int(root.attrib["viewBox"].split()[2])
    grid = [[0] * size for _ in range(size)]
    x = y = 0.0
    path = root.findall("{http://www.w3.org/2000/svg}path")[1].attrib["d"]
    for step in path.replace("M", " M").replace("m", " m").replace("h", " h").split(" "):
        if step.startswith("M"):
            x, y = float(step[1:]), 0.0
        elif step.startswith("m"):
            x += float(step[1:])
        elif step.startswith("h"):
            for column in range(int(x), int(x) + int(step[1:])):
                grid[int(y)][column] = 1
            x += float(step[1:])
        elif step:
            y += float(step)
    return grid


def test_the_code_holds_the_return_and_the_order_with_a_quiet_edge() -> None:
    assert code_text(ORDER, RETURN) == "RMA-1 #1042"
    expected = segno.make("RMA-1 #1042", error="m", micro=False)
    assert _matrix(code_svg(code_text(ORDER, RETURN))) == [list(row) for row in expected.matrix_iter(border=4)]


def test_a_code_of_the_longest_numbers_is_still_coarse() -> None:
    assert len(_matrix(code_svg("RMA-1A2B3C4D5E #OT-2026-1042-B"))) <= 33 + 4 * 2


@pytest.mark.parametrize("language", WORDS)
def test_every_language_says_everything(language: str) -> None:
    words = WORDS[language]
    texts = [getattr(words, field.name) for field in fields(words)]
    assert all(text.strip() for text in texts)
    assert "{day}" in words.due
    assert "{shop}" in words.returns
    html = shown(language=language)
    assert f"<h1>{words.title}</h1>" in html
    assert "{" not in html


@pytest.mark.parametrize(
    ("language", "day", "country"),
    [
        ("en", "Saturday, November 21", "Germany"),
        ("es", "sábado 21 de noviembre", "Alemania"),
        ("fr", "samedi 21 novembre", "Allemagne"),
        ("de", "Samstag, 21. November", "Deutschland"),
        ("pt", "sábado, 21 de novembro", "Alemanha"),
    ],
)
def test_the_last_day_never_says_tomorrow_for_paper_is_read_later(language: str, day: str, country: str) -> None:
    html = shown(language=language)
    assert f"<strong>{day}</strong>" in html
    assert country in html


def test_an_address_is_written_as_its_country_writes_it() -> None:
    assert "Lumen Retouren<br>Hafenstr. 1<br>20457 Hamburg<br>Germany" in shown()
    london = LabelsSettings(line1="1 Dock Rd", city="London", zip="E16 2QU", country="gb")
    assert "Returns, Lumen<br>1 Dock Rd<br>London E16 2QU<br>United Kingdom" in shown(labels=london)


def test_without_a_whole_address_the_shopper_is_told_to_ask() -> None:
    html = shown(labels=replace(GERMANY, zip=""))
    assert WORDS["en"].no_address in html
    assert WORDS["en"].print_it not in html
    assert "Hafenstr." not in html


@pytest.mark.parametrize(
    "status",
    [
        ReturnStatus.DECLINED,
        ReturnStatus.REJECTED,
        ReturnStatus.EXPIRED,
        ReturnStatus.CANCELLED,
        ReturnStatus.CLOSED,
    ],
)
def test_the_slip_of_a_closed_return_sends_nobody_to_the_post(status: ReturnStatus) -> None:
    html = shown(replace(RETURN, status=status))
    assert "Please do not send the parcel" in html
    assert "Hafenstr." not in html
    assert "<img" not in html


def test_a_place_to_hand_in_and_no_last_day_are_shown_when_so() -> None:
    html = shown(replace(RETURN, drop_off="Lumen shop, Main St", due_by=None))
    assert "<dt>Hand in at</dt><dd>Lumen shop, Main St</dd>" in html
    assert "Please send it by" not in html


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("en;q=0, de", "de"),
        ("de;q=nonsense, fr;q=0.1", "fr"),
        ("FR-ca", "fr"),
        ("xx," * 400 + "de", "en"),
    ],
)
def test_wishes_of_browsers_are_read_with_care(accepted: str, language: str) -> None:
    assert reads(None, accepted) == language
