"""Five languages, one set of keys: what code says exists everywhere, and every phrase can be filled."""

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import names_in, phrases

SERVER = Path(__file__).parents[4] / "server"
OTHERS = [language for language in LANGUAGES if language != "en"]
SAYING = frozenset({"say", "option", "text", "add"})
FORMS = frozenset({"", "on", "day"})


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_phrases(language: str) -> None:
    assert set(phrases(language)) == set(phrases("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_the_same_facts(language: str) -> None:
    differing = {
        key: names_in(text) ^ names_in(phrases(language)[key])
        for key, text in phrases("en").items()
        if names_in(text) != names_in(phrases(language)[key])
    }

    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_left_untranslated_or_empty(language: str) -> None:
    english = phrases("en")
    long = {key for key, text in english.items() if len(re.sub(r"\{.*?\}", "", text).split()) > 3}
    same = {key for key in long if phrases(language)[key] == english[key]} if language != "en" else set()

    assert same == set()
    assert all(text.strip() for text in phrases(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_asks_only_for_forms_that_words_have(language: str) -> None:
    asked = {form for text in phrases(language).values() for _, _, form, _ in string.Formatter().parse(text) if form}

    assert asked <= FORMS


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_shouted(language: str) -> None:
    shouting = [key for key, text in phrases(language).items() if text.count("!") > 1 or "!!" in text]

    assert shouting == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_singular_stands_beside_its_plural(language: str) -> None:
    texts = phrases(language)
    lonely = [key for key in texts if key.endswith("_one") and key.removesuffix("_one") not in texts]

    assert lonely == []


def test_every_phrase_that_code_says_exists() -> None:
    missing = {key for key in _said() if key not in phrases("en")}

    assert missing == set()


def test_every_family_of_phrases_that_code_names_exists() -> None:
    families = {prefix for prefix in _families() if not any(key.startswith(prefix) for key in phrases("en"))}

    assert families == set()


def _said() -> Iterator[str]:
    """Keys in calls such as `turn.say("ask.email")`."""
    for argument in _first_arguments():
        said = argument.value if isinstance(argument, ast.Constant) else None
        if isinstance(said, str) and re.fullmatch(r"[a-z]+\.[a-z_0-9.]+", said):
            yield said


def _families() -> Iterator[str]:
    """Beginnings of keys in calls such as `voice.text(f"reason.{name}")`."""
    for argument in _first_arguments():
        if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
            prefix = str(argument.values[0].value)
            if re.fullmatch(r"[a-z]+\.[a-z_0-9.]*", prefix):
                yield prefix


@cache
def _first_arguments() -> tuple[ast.expr, ...]:
    return tuple(
        argument
        for path in [*(SERVER / "answering").rglob("*.py"), *(SERVER / "desk").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYING
        for argument in node.args[:1]
    )


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("reason", "size_small size_large unwanted not_as_described defective wrong_item other"),
        ("outcome", "exchange replace repair credit refund"),
        ("returns", "ask_opened ask_delivered_on offer_exchange offer_replace offer_repair offer_credit offer_refund"),
        ("returns", "back_exchange back_replace back_repair back_credit back_refund"),
        ("handoff", "requested distress legal safety reputation chargeback vulnerable vip repeat_complaint over_limit"),
        ("handoff", "policy_exception low_confidence unreadable identity out_of_scope failed"),
        ("person", "cancel change_address change_order warranty payment subscription account promo product_question"),
        ("desk", "soon back_at no_time ask_contact contact_known taken_over"),
    ],
)
def test_a_family_has_all_its_members(family: str, names: str) -> None:
    assert [name for name in names.split() if f"{family}.{name}" not in phrases("en")] == []
