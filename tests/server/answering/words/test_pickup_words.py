"""Whether a message asks for the carrier to come, in five languages; who comes for theirs, or hears of a scan, does not."""

import pytest

from server.answering.words.pickup_words import asks_for_pickup

YES = (
    "Can you pick the parcel up from my home?",
    "can someone collect it from me?",
    "book a pickup for my return please",
    "do you offer home pickup?",
    "I want my return picked up on Monday",
    "¿Pueden pasar a recogerlo a mi casa?",
    "quiero programar una recogida",
    "pouvez-vous venir chercher le colis ?",
    "je voudrais un enlèvement à domicile",
    "könnt ihr das Paket abholen?",
    "Ich möchte eine Abholung buchen",
    "vocês podem vir buscar o pacote?",
    "quero agendar uma coleta",
)
NO = (
    "can I pick it up in store?",
    "my package is available for pickup",
    "kann ich es selbst abholen?",
    "puedo recogerlo en tienda",
    "what is my pickup code",
    "do you have store pickup",
    "can I collect my order?",
    "do you collect personal data?",
    "I need to pick up my order",
    "has it been picked up by the carrier yet?",
    "I want to return the kettle",
)


@pytest.mark.parametrize("text", YES)
def test_the_carrier_is_asked_for(text: str) -> None:
    assert asks_for_pickup(text)


@pytest.mark.parametrize("text", NO)
def test_it_is_about_something_else(text: str) -> None:
    assert not asks_for_pickup(text)
