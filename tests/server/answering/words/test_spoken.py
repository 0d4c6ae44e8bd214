"""Facts in words: dates with weekday and day, hours at the destination, windows whole, money as people write it."""

from datetime import UTC, date, datetime

import pytest

from server.answering.words.spoken import on, spoken, undated
from server.answering.words.voice import Voice
from server.commerce.model import Fact, FactKind, FactValue, LocalTime, Money, Place, Window

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
OMAHA = "America/Chicago"


def fact(value: FactValue, kind: FactKind, key: str = "x") -> Fact:
    return Fact(key, kind, value, "test", NOW)


@pytest.mark.parametrize(
    ("language", "bare", "when"),
    [
        ("en", "Monday, November 23", "on Monday, November 23"),
        ("es", "lunes 23 de noviembre", "el lunes 23 de noviembre"),
        ("fr", "lundi 23 novembre", "le lundi 23 novembre"),
        ("de", "Montag, 23. November", "am Montag, 23. November"),
        ("pt", "segunda-feira, 23 de novembro", "na segunda-feira, 23 de novembro"),
    ],
)
def test_a_day_is_said_as_people_there_say_it(language: str, bare: str, when: str) -> None:
    monday = fact(date(2026, 11, 23), "date")

    assert (spoken(monday, language, NOW), on(monday, language, NOW)) == (bare, when)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "today, Friday, November 20 at 11:40 AM"),
        ("es", "hoy, viernes 20 de noviembre a las 11:40"),
        ("fr", "aujourd’hui, vendredi 20 novembre à 11:40"),
        ("de", "heute, Freitag, 20. November um 11:40 Uhr"),
        ("pt", "hoje, sexta-feira, 20 de novembro às 11:40"),
    ],
)
def test_an_hour_is_the_destinations(language: str, text: str) -> None:
    scan = fact(LocalTime(datetime(2026, 11, 20, 17, 40, tzinfo=UTC), OMAHA), "datetime")

    assert spoken(scan, language, NOW) == on(scan, language, NOW) == text


def test_today_is_the_destinations_today() -> None:
    late = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    voice = Voice("en", late, OMAHA)

    assert voice.word(fact(date(2026, 11, 21), "date")) == "tomorrow, Saturday, November 21"


def test_a_window_of_hours_is_never_its_start_alone() -> None:
    window = Window(datetime(2026, 11, 21, 16, tzinfo=UTC), datetime(2026, 11, 21, 20, tzinfo=UTC), OMAHA)

    assert spoken(fact(window, "window"), "en", NOW) == "tomorrow, Saturday, November 21, between 10:00 AM and 2:00 PM"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "between Saturday, November 21 and Monday, November 23"),
        ("es", "entre el sábado 21 de noviembre y el lunes 23 de noviembre"),
        ("fr", "entre le samedi 21 novembre et le lundi 23 novembre"),
        ("de", "zwischen Samstag, 21. November und Montag, 23. November"),
        ("pt", "entre sábado, 21 de novembro e segunda-feira, 23 de novembro"),
    ],
)
def test_a_window_of_days_has_no_hours(language: str, text: str) -> None:
    window = fact(Window(date(2026, 11, 21), date(2026, 11, 23), OMAHA), "window")

    assert spoken(window, language, NOW) == on(window, language, NOW) == text


def test_another_year_is_named() -> None:
    assert spoken(fact(date(2027, 1, 4), "date"), "en", NOW) == "Monday, January 4, 2027"


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    assert spoken(fact(date(2026, 12, 1), "date"), "fr", NOW) == "mardi 1er décembre"


def test_one_o_clock_is_singular_in_spanish() -> None:
    early = fact(LocalTime(datetime(2026, 11, 23, 7, 5, tzinfo=UTC), OMAHA), "datetime")

    assert spoken(early, "es", NOW) == "lunes 23 de noviembre a la 1:05"


def test_a_weekend_is_masculine_in_portuguese() -> None:
    assert on(fact(date(2026, 11, 28), "date"), "pt", NOW) == "no sábado, 28 de novembro"


def test_a_day_can_be_said_without_today() -> None:
    assert undated(fact(date(2026, 11, 21), "date"), "en", NOW) == "Saturday, November 21"


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        (Money(129_900, "USD"), "en", "$1,299.00"),
        (Money(129_900, "EUR"), "de", "1.299,00\u00a0€"),
        (Money(1_299, "JPY"), "en", "¥1,299"),
        (Money(1_299, "KWD"), "en", "KWD\u00a01.299"),
    ],
)
def test_money_has_its_currencys_digits(value: Money, language: str, text: str) -> None:
    assert spoken(fact(value, "amount"), language, NOW) == text


def test_a_carrier_is_written_as_it_writes_itself() -> None:
    assert spoken(fact("fedex", "carrier"), "en", NOW) == "FedEx"
    assert spoken(fact("Pony Express", "carrier"), "en", NOW) == "Pony Express"


def test_of_a_place_only_what_is_known_is_said() -> None:
    assert spoken(fact(Place("Omaha", "NE", "US"), "place"), "en", NOW) == "Omaha, NE"
    assert spoken(fact(Place(facility="Hub 7"), "place"), "en", NOW) == "Hub 7"


def test_a_state_is_worded_by_the_language() -> None:
    held = fact("on_hold", "status", "other_state")

    assert [str(Voice(each, NOW).word(held)) for each in ("en", "de")] == ["on hold", "angehalten"]


def test_a_carriers_own_words_are_understood_before_they_are_said() -> None:
    reason = fact("customer unavailable", "text", "reason")

    assert str(Voice("es", NOW).word(reason)) == "nadie pudo recibirlo"


def test_words_that_no_language_knows_are_left_out_beside_english() -> None:
    odd = fact("code 77 zulu", "text", "reason")

    assert (Voice("en", NOW).knows(odd), Voice("pt", NOW).knows(odd)) == (True, False)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_suspicion_is_never_said(language: str) -> None:
    assert not Voice(language, NOW).knows(fact("fraud", "text", "cancel_reason"))


def test_one_is_said_in_the_singular() -> None:
    count = fact(1, "count", "parcels_coming")

    assert "parcel of" in Voice("en", NOW).text("order.r24.coming", parcels_coming=count)


def test_a_sentence_ends_with_one_point() -> None:
    signed = Voice("en", NOW).text("order.r1.reason", cancel_reason=fact("Ana S.", "person"))

    assert signed == "Reason: Ana S."


def test_plain_values_are_evidence_too() -> None:
    speech = Voice("en", NOW).speech().add("courtesy.bye", shop="Café 24")

    assert [(each.key, each.value) for each in speech.evidence] == [("shop", "Café 24")]
