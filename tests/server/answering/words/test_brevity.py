"""Three sentences at most: what is joined, what stays as it is, and which words keep their capital."""

import pytest

from server.answering.words.brevity import condensed, count


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        (
            "en",
            "The scarf costs €49.00. It is in stock. Thank you. Which e-mail address did you use for this order?",
            "The scarf costs €49.00; it is in stock. Thank you. Which e-mail address did you use for this order?",
        ),
        (
            "es",
            "El pedido R-1 está en camino. Se espera el lunes. La etiqueta es gratis. ¿Lo hago así?",
            "El pedido R-1 está en camino. Se espera el lunes; la etiqueta es gratis. ¿Lo hago así?",
        ),
        (
            "fr",
            "La commande R-1 est en route. Elle est attendue lundi. L’étiquette est gratuite. Je le fais ?",
            "La commande R-1 est en route. Elle est attendue lundi ; l’étiquette est gratuite. Je le fais ?",
        ),
        (
            "de",
            "Die Bestellung R-1 ist mit DHL unterwegs. Sie wird am 3. März erwartet. Sie bekommen 5 € zurück. Einverstanden?",
            "Die Bestellung R-1 ist mit DHL unterwegs. Sie wird am 3. März erwartet; Sie bekommen 5 € zurück. Einverstanden?",
        ),
        (
            "pt",
            "O pedido R-1 está a caminho. Chega na segunda. A etiqueta é grátis. Posso fazer isso?",
            "O pedido R-1 está a caminho. Chega na segunda; a etiqueta é grátis. Posso fazer isso?",
        ),
    ],
)
def test_the_shortest_neighbours_are_joined_until_three_are_left(language: str, text: str, said: str) -> None:
    assert condensed(text, language) == said
    assert count(said, language) == 3


def test_what_is_short_enough_stays() -> None:
    text = "Order R-1 is late. It was due on Friday. I'm on it."

    assert condensed(text, "en") == text


def test_lists_and_quotations_are_not_touched() -> None:
    listed = (
        "You can choose:\n• a refund. Free.\n• credit. Free.\nThe label is free. Tell me which. I am here. Is it clear?"
    )
    quote = ("Wrapping costs $5.00.", "It is recycled paper.", "Ribbons are cotton.")

    assert condensed(listed, "en").splitlines()[1:3] == ["• a refund. Free.", "• credit. Free."]
    assert condensed(" ".join([*quote, "Anything else?"]), "en", quote) == " ".join([*quote, "Anything else?"])


def test_paragraphs_stay_apart() -> None:
    text = "I hear you. A person takes over.\n\nNobody is here. Write to us."

    assert condensed(text, "en").split("\n\n")[1] in {"Nobody is here. Write to us.", "Nobody is here; write to us."}


def test_names_keep_their_capital() -> None:
    said = condensed("It is late. Harbour boots cost $9.00. I can help. Your label is free. Shall I?", "en")

    assert said == "It is late; Harbour boots cost $9.00. I can help; your label is free. Shall I?"


def test_thanks_go_before_what_follows() -> None:
    said = condensed("Thank you. I have noted it. A person has it. They answer here.", "en")

    assert said == "Thank you, I have noted it. A person has it. They answer here."
