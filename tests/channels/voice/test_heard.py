"""What a caller dictates becomes what they would have typed, in five languages; the rest stays as it was said."""

import pytest

from channels.voice.heard import understood
from server.answering.understand.numbers import digits_for_words


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("my email is ana at example dot com", "my email is ana@example.com"),
        ("it's ana dot souza at example dot com please", "it's ana.souza@example.com please"),
        ("ana arroba example punto com", "ana@example.com"),
        ("es ana guion bajo souza arroba mi tienda punto com punto mx", "es ana_souza@mitienda.com.mx"),
        ("mon adresse est ana point souza arobase example point fr", "mon adresse est ana.souza@example.fr"),
        ("anna punkt meier at example punkt de", "anna.meier@example.de"),
        ("anna bindestrich meier at example punkt de", "anna-meier@example.de"),
        ("meu e-mail é ana ponto souza arroba example ponto com ponto br", "meu e-mail é ana.souza@example.com.br"),
        ("a n a at example dot com", "ana@example.com"),
        ("Ana at Gmail.com", "ana@gmail.com"),
        ("ana@example.com", "ana@example.com"),
    ],
)
def test_addresses(said: str, text: str) -> None:
    assert understood(said) == text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("order one zero four two", "order 1042"),
        ("order ten forty two", "order 1042"),
        ("pedido mil cuarenta y dos", "pedido 1042"),
        ("diez cuarenta y dos", "1042"),
        ("uno cero cuatro dos", "1042"),
        ("Bestellung zehn zweiundvierzig", "Bestellung 1042"),
        ("eintausendzweiundvierzig", "1042"),
        ("eins null vier zwei", "1042"),
        ("commande mille quarante-deux", "commande 1042"),
        ("un zéro quatre deux", "1042"),
        ("quatre vingt dix sept quarante deux", "9742"),
        ("pedido mil e quarenta e dois", "pedido 1042"),
        ("um zero quatro dois", "1042"),
        ("tausendvierhundertfünf", "1405"),
        ("Two.", "2"),
        ("number three", "3"),
        ("zwei", "2"),
        ("número uno", "1"),
    ],
)
def test_numbers(said: str, text: str) -> None:
    assert digits_for_words(understood(said)) == text


@pytest.mark.parametrize(
    "said",
    [
        "I am at home and it is not here",
        "look at example dot com",
        "I ordered two shirts and one hat",
        "mil gracias",
        "die Lieferung kam um zwei und drei fehlen",
        "quero um e dois não",
        "un moment, j'arrive à deux heures",
        "where is my order",
    ],
)
def test_what_is_no_address_and_no_number_stays(said: str) -> None:
    assert digits_for_words(understood(said)) == said
