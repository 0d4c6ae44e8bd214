"""The last check: what no fact proves is dropped, whoever wrote it; what facts prove stays."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.answering.words import grounding
from server.answering.words.claim_words import words_of
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice, Word, names_in, phrases
from server.commerce.business import local_day
from server.commerce.model import Fact, FactKind, FactValue, LocalTime, Money, Place, Window
from tests.server.answering.words.situations import SITUATIONS, Situation

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
OMAHA = "America/Chicago"
every_language = pytest.mark.parametrize("language", LANGUAGES)


def fact(key: str, kind: FactKind, value: FactValue) -> Fact:
    return Fact(key, kind, value, "test", NOW)


EVIDENCE = (
    fact("order_number", "order_number", "#1042"),
    fact("last_at", "datetime", LocalTime(datetime(2026, 11, 20, 17, 40, tzinfo=UTC), OMAHA)),
    fact("eta", "date", date(2026, 11, 23)),
    fact("last_city", "place", Place("Omaha", "NE", "US")),
    fact("carrier", "carrier", "ups"),
    fact("amount", "amount", Money(129_900, "USD")),
    fact("quiet_days", "count", 3),
    fact("tracking_number", "tracking_number", "1ZA1B2C30300000012"),
    fact("url", "url", "https://shop.test/t/1042?x=1"),
    fact("state", "status", "in_transit"),
)


def dropped(text: str, language: str = "en", evidence: tuple[Fact, ...] = EVIDENCE, *allowed: str) -> bool:
    return bool(grounding.check(text, evidence, Voice(language, NOW, OMAHA), allowed).dropped)


# Each fact of each row, changed in the text


def _changed(known: Fact) -> Iterator[FactValue]:
    """Other values of the same kind."""
    value, day = known.value, timedelta(days=1)
    match value:
        case LocalTime():
            yield from (LocalTime(value.at + day, value.tz), LocalTime(value.at + timedelta(minutes=1), value.tz))
        case Window():
            yield Window(value.min, value.max + timedelta(days=9), value.tz)
        case Money():
            yield from (Money(value.amount_minor + 1, value.currency), Money(value.amount_minor, "EUR"))
        case Place():
            yield Place("Denver", "CO", "US")
        case date():
            yield from (value + day, value + 7 * day)
        case int():
            yield value + 1
        case _:
            yield from _OTHER.get(known.key, ())


_OTHER = {
    "carrier": ("fedex",),
    "address_city": ("Denver",),
    "address_zip": ("68103",),
    "order_number": ("#1043",),
    "email": ("b***@example.com",),
    "signed_by": ("Bob T.",),
    "pay_url": ("https://pay.test/1043",),
    "duty_url": ("https://pay.test/e",),
}


@every_language
def test_a_changed_fact_is_caught(language: str) -> None:
    tried = 0
    for situation in SITUATIONS:
        voice = Voice(language, situation.order.as_of, situation.order.tz)
        evidence = situation.speech(language).evidence
        for text in _changed_texts(situation, voice):
            assert grounding.check(text, evidence, voice).dropped, text
            tried += 1
    assert tried > 3 * len(SITUATIONS)


def _changed_texts(situation: Situation, voice: Voice) -> Iterator[str]:
    """The speech with one fact changed; a value that is another fact of the same reply is proven, so those are left out."""
    speech = situation.speech(voice.language)
    proven = {value for known in speech.evidence for value in _values(known)}
    for known in speech.evidence:
        for value in _changed(known):
            other = replace(known, value=value)
            text = _with(speech.text, voice.word(known), voice.word(other))
            if text != speech.text and not _values(other) <= proven:
                yield text


def _values(known: Fact) -> set[object]:
    """The days and instants, or the plain value, that a fact says."""
    match known.value:
        case LocalTime(at=at, tz=tz):
            return {local_day(at, tz), at}
        case Window(min=first, max=last, tz=tz):
            return {local_day(first, tz), local_day(last, tz)}
        case _:
            return {known.value}


def _with(text: str, word: Word, other: Word) -> str:
    """The text with a word replaced, in whichever form it was said."""
    for form in ("on", "", "day"):
        said, instead = format(word, form), format(other, form)
        changed = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", lambda _, new=instead: new, text)  # type: ignore[misc]  # a default binds it
        if changed != text:
            return changed
    return text


# States


STATES = {
    "cancelled": "order.r1.when",
    "delivered": "order.r23.none",
    "recorded": "order.r24.none",
    "refunded": "order.refund.done_only",
    "pending": "order.refund.pending_only",
    "failed": "order.refund.failed",
    "returned": "order.r26.say",
    "returning": "order.r25.none",
    "lost": "order.r27.none",
    "damaged": "order.r19.say",
    "customs": "order.r16.say",
    "out_for_delivery": "order.r20.say",
    "attempted": "order.r21.none",
    "available_for_pickup": "order.r22.none",
    "in_transit": "order.r12.scan",
    "late": "order.r15.scan",
    "back_ordered": "order.r5.none",
    "preparing": "order.r7.none",
    "return_opened": "returns.done_return",
    "received": "refund.return_received",
    "inspected": "refund.return_inspected",
}
PROVED_BY = {"recorded": "delivered"}


def _sentence(key: str, voice: Voice) -> tuple[str, tuple[Fact, ...]]:
    """A phrase with facts that say nothing of any state."""
    values: dict[str, Fact] = {}
    for name in names_in(phrases(voice.language)[key]):
        if name in ("order_number", "number"):
            values[name] = fact("order_number", "order_number", "#1042")
        elif name in ("refund_amount", "amount"):
            values[name] = fact("amount", "amount", Money(5_500, "USD"))
        elif name == "attempt_number":
            values[name] = fact("attempt_number", "count", 2)
        elif name in ("refund_method", "items", "rma"):
            values[name] = fact("some_text", "text", "Red scarf")
        else:
            values[name] = fact("some_day", "date", date(2026, 11, 18))
    return voice.text(key, **values), tuple(values.values())


@every_language
@pytest.mark.parametrize("state", STATES)
def test_a_state_needs_a_fact_that_says_so(state: str, language: str) -> None:
    voice = Voice(language, NOW)
    text, values = _sentence(STATES[state], voice)
    scheduled = fact("state", "status", "scheduled")
    proof = fact("state", "status", PROVED_BY.get(state, state))

    assert grounding.check(text, (*values, scheduled), voice).dropped, text
    assert not grounding.check(text, (*values, proof), voice).dropped, text


@every_language
def test_a_true_state_with_the_day_of_something_else_is_dropped(language: str) -> None:
    voice = Voice(language, NOW)
    delivered = fact("delivered_at", "date", date(2026, 11, 18))
    other = fact("eta", "date", date(2026, 11, 19))
    number = fact("order_number", "order_number", "#1042")

    wrong = voice.text("order.r23.none", order_number=number, delivered_at=other)

    assert grounding.check(wrong, (number, delivered, other), voice).dropped


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I've cancelled order #1042."),
        ("en", "I have changed the address for you."),
        ("en", "We have just refunded you."),
        ("en", "Your parcel arrived."),
        ("en", "It was delivered."),
        ("en", "Your return has been approved."),
        ("es", "He cancelado el pedido #1042."),
        ("es", "Hemos cambiado la dirección."),
        ("es", "El paquete ya llegó."),
        ("fr", "J’ai annulé la commande #1042."),
        ("fr", "Nous avons modifié l’adresse."),
        ("fr", "Le colis est arrivé."),
        ("de", "Ich habe die Bestellung #1042 storniert."),
        ("de", "Ich habe die Adresse für Sie geändert."),
        ("de", "Das Paket ist angekommen."),
        ("pt", "O pedido #1042 foi cancelado."),
        ("pt", "Alterei o endereço para você."),
        ("pt", "O pacote chegou."),
    ],
)
def test_what_was_not_done_is_not_said(language: str, text: str) -> None:
    assert dropped(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It will be refunded once we have received it."),
        ("en", "Would you like it to be cancelled?"),
        ("en", "It has not been delivered yet."),
        ("es", "Se puede cancelar cuando quieras."),
        ("es", "Todavía no está entregado."),
        ("fr", "Elle peut être annulée."),
        ("fr", "Le colis n’est pas encore livré."),
        ("de", "Sie kann storniert werden."),
        ("de", "Das Paket ist noch nicht zugestellt."),
        ("pt", "Ele pode ser cancelado."),
        ("pt", "O pacote ainda não foi entregue."),
    ],
)
def test_what_may_come_and_what_is_truly_denied_stays(language: str, text: str) -> None:
    assert not dropped(text, language)


def test_a_denial_of_what_is_true_is_dropped() -> None:
    delivered = (fact("state", "status", "delivered"),)

    assert dropped("It has not been delivered yet.", "en", delivered)


# Values, written in other ways than ours


@pytest.mark.parametrize(
    "text",
    [
        "It comes on Monday.",
        "It comes on Mon, Nov 23.",
        "It comes on the 23rd of November.",
        "It comes on 23 November 2026.",
        "It comes on 2026-11-23.",
        "It comes on 11/23/2026.",
        "It was scanned today at 11:40.",
        "It was scanned today at 11:40 am.",
        "It was scanned in Omaha.",
        "There was no scan for three business days.",
        "That is $1,299.00.",
        "That is USD 1299.",
        "That is 1,299 dollars.",
        "UPS has it: 1ZA1B2C30300000012.",
        "See https://shop.test/t/1042?x=1.",
        "Order #1042 is moving.",
        "I'm happy to help.",
    ],
)
def test_a_proven_value_may_be_written_in_any_way(text: str) -> None:
    assert not dropped(text)


@pytest.mark.parametrize(
    "text",
    [
        "It comes on Tuesday.",
        "It comes on Tue, Nov 23.",
        "It comes on November 24.",
        "It comes on 2026-11-24.",
        "It comes on 24/11/2026.",
        "It comes on November 23, 2027.",
        "It comes tomorrow.",
        "It comes in December.",
        "It was scanned today at 11:41.",
        "It was scanned on November 23 at 11:40.",
        "It was scanned at 3 PM.",
        "It was scanned in Denver.",
        "It was last seen near Kansas City.",
        "There was no scan for four business days.",
        "There was no scan for 4 days.",
        "That is $1,299.01.",
        "That is €1,299.00.",
        "That is 12.99 dollars.",
        "You get 20% off.",
        "FedEx has it.",
        "The number is 1ZA1B2C30300000013.",
        "See https://shop.test/t/1043.",
        "Write to help@elsewhere.test.",
        "Call 555-0100.",
        "Bob T. signed for it.",
        "Order #1043 is moving.",
    ],
)
def test_an_unproven_value_is_dropped(text: str) -> None:
    assert dropped(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Llega el 24 de noviembre."),
        ("es", "Está en Sevilla."),
        ("es", "Cuesta 1.299,01 US$."),
        ("es", "Tarda cuatro días."),
        ("fr", "Il arrive le 24 novembre."),
        ("fr", "Il est à Lyon."),
        ("fr", "Il arrive à 14h30."),
        ("fr", "Il reste quatre jours."),
        ("de", "Es kommt am 24. November."),
        ("de", "Es ist in Hamburg."),
        ("de", "Es kommt um 14:30 Uhr."),
        ("de", "Es kommt am Dienstag."),
        ("de", "Es dauert vier Werktage."),
        ("pt", "Chega dia 24 de novembro."),
        ("pt", "Está em Recife."),
        ("de", "Es kommt um 23:20 Uhr."),
        ("fr", "Il arrive à 21h05."),
        ("pt", "Custa R$ 1.299,00."),
        ("pt", "Leva quatro dias."),
    ],
)
def test_an_unproven_value_is_dropped_in_any_language(language: str, text: str) -> None:
    assert dropped(text, language)


@every_language
@pytest.mark.parametrize("hour", range(24))
def test_every_hour_of_the_day_is_read(hour: int, language: str) -> None:
    scan = fact("last_at", "datetime", LocalTime(datetime(2026, 11, 18, hour, 20, tzinfo=UTC), "UTC"))
    other = fact("last_at", "datetime", LocalTime(datetime(2026, 11, 18, hour, 21, tzinfo=UTC), "UTC"))
    text = f"{Voice(language, NOW).word(scan)}."

    assert not dropped(text, language, (scan,))
    assert dropped(text, language, (other,))


def test_the_customers_own_words_may_be_repeated() -> None:
    text = "I looked for order 77120 and ana@example.com."

    assert dropped(text)
    assert not dropped(text, "en", EVIDENCE, "77120", "ana@example.com")


def test_a_short_number_in_the_customers_words_proves_no_count() -> None:
    assert dropped("It takes 7 days.", "en", EVIDENCE, "7")


# Sentences


def test_the_other_sentences_stay() -> None:
    text = (
        "Thank you. It comes on December 24. Order #1042 is on its way with UPS.\n• It was last scanned in Omaha, NE."
    )

    checked = grounding.check(text, EVIDENCE, Voice("en", NOW))

    assert checked.text == "Thank you. Order #1042 is on its way with UPS.\n• It was last scanned in Omaha, NE."
    assert [(each.sentence, each.cause) for each in checked.dropped] == [
        ("It comes on December 24.", 'date "December 24" is in no fact')
    ]


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "Ana S. signed. It was there at 3 p.m. and Mr. Lee saw it. Fine.", 3),
        ("de", "Es kommt am Montag, 23. November. Danke.", 2),
        ("en", "Really? Yes! Good.", 3),
        ("en", "First line\nsecond line", 2),
    ],
)
def test_sentences_end_where_people_end_them(language: str, text: str, count: int) -> None:
    parts = grounding.sentences(text, words_of(language))

    assert len(parts) == count
    assert "".join(sentence + gap for sentence, gap in parts) == text


def test_nothing_said_is_nothing_dropped() -> None:
    assert grounding.check("", (), Voice("en", NOW)) == grounding.Checked("", ())


def test_what_the_shop_is_called_is_no_claim() -> None:
    for language in LANGUAGES:
        voice = Voice(language, NOW)
        speech = voice.speech().add("courtesy.hello", assistant="Mia", shop="Loja 24 in Berlin")
        assert grounding.check(speech.text, speech.evidence, voice).text == speech.text


@given(st.text(alphabet=st.sampled_from("0123456789:.,/-#$€% \nabhmAPZé٣²Uhr€Nov")), st.sampled_from(LANGUAGES))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_checked(text: str, language: str) -> None:
    checked = grounding.check(text, EVIDENCE, Voice(language, NOW))

    assert all(each.sentence in text and each.causes for each in checked.dropped)
