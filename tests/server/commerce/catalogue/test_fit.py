"""Sizes by the chart: measures in both units, between two sizes, off the chart, and what cannot be told."""

from decimal import Decimal

import pytest

from server.commerce.catalogue.fit import Measure, fit, measures_in, usual_size_in
from server.commerce.goods import SizeChart
from tests.server.commerce.catalogue.goods import a_product

_CHART = a_product().size_chart
assert _CHART is not None
CHART: SizeChart = _CHART


@pytest.mark.parametrize(
    ("text", "name", "value", "unit"),
    [
        ("my chest is 98 cm", "chest", "98", "cm"),
        ("98cm chest", "chest", "98", "cm"),
        ("mido 94,5 de pecho", "chest", "94.5", None),
        ("tour de taille 80 cm", "waist", "80", "cm"),
        ("Brustumfang 98", "chest", "98", None),
        ("peito 98 cm", "chest", "98", "cm"),
        ('waist 32"', "waist", "32", "in"),
        ("my foot is 10.5 inches long", "foot", "10.5", "in"),
    ],
)
def test_measures_are_read(text: str, name: str, value: str, unit: str | None) -> None:
    assert measures_in(text) == (Measure(name, Decimal(value), unit),)


def test_each_measure_takes_the_number_beside_it() -> None:
    assert {each.name: int(each.value) for each in measures_in("chest 98, waist 80 and hips 104 cm")} == {
        "chest": 98,
        "waist": 80,
        "hips": 104,
    }


@pytest.mark.parametrize(
    ("text", "outcome", "sizes"),
    [
        ("chest 90 cm", "one", ("S",)),
        ("chest 93 cm", "between", ("S", "M")),
        ("chest 98 cm", "between", ("M", "L")),
        ("chest 36 in", "one", ("S",)),
        ("chest 96", "one", ("M",)),
        ("chest 38", "one", ("M",)),
        ("chest 90 cm, waist 80 cm", "between", ("S", "M")),
        ("chest 120 cm", "beyond", ("L",)),
        ("chest 70 cm", "below", ("S",)),
        ("hips 100 cm", "unknown", ("S", "M", "L")),
        ("chest 300", "unknown", ("S", "M", "L")),
    ],
)
def test_the_chart_decides(text: str, outcome: str, sizes: tuple[str, ...]) -> None:
    found = fit(CHART, measures_in(text))

    assert (found.outcome, found.sizes, found.note) == (outcome, sizes, "Runs small.")


def test_a_usual_size_is_told_by_its_measures() -> None:
    found = fit(CHART, (), usual_size_in("I usually wear M", CHART))

    assert (found.outcome, found.by) == ("usual", (("chest", ("94-98",)), ("waist", ("78-82",))))


@pytest.mark.parametrize("text", ["M", "I wear 42", "my size is XL", "the M or the L, I wear both"])
def test_no_size_of_the_chart_is_no_usual_size(text: str) -> None:
    assert usual_size_in(text, CHART) is None


def test_a_chart_without_a_unit_or_with_gaps_tells_nothing() -> None:
    bare = SizeChart(CHART.rows)
    gap = SizeChart({**CHART.rows, "XL": {"waist": "90-94"}}, "cm")

    assert [fit(each, measures_in("chest 96 cm")).outcome for each in (bare, gap)] == ["unknown", "unknown"]
