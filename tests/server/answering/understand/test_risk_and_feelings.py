"""Risks that a person must see, and how much the scores move with what is said."""

import pytest

from server.answering.understand import understand


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("I will take legal action", "legal"),
        ("you will hear from my lawyer", "legal"),
        ("los voy a denunciar a consumo", "legal"),
        ("je vais porter plainte", "legal"),
        ("mein Anwalt wird sich melden", "legal"),
        ("vou no procon", "legal"),
        ("the charger caught fire", "safety"),
        ("my son got an allergic reaction from the cream", "safety"),
        ("me dio una descarga eléctrica", "safety"),
        ("la bouilloire a pris feu", "safety"),
        ("das Gerät hat gebrannt", "safety"),
        ("o carregador pegou fogo", "safety"),
        ("I'm posting this on Trustpilot and TikTok", "reputation"),
        ("lo voy a publicar en redes sociales", "reputation"),
        ("ich schreibe eine schlechte Bewertung", "reputation"),
        ("vou colocar no reclame aqui", "reputation"),
        ("I'll file a chargeback", "chargeback"),
        ("I'm going to dispute the charge with my bank", "chargeback"),
        ("voy a pedir un contracargo", "chargeback"),
        ("je fais opposition", "chargeback"),
        ("dann mache ich eine Rückbuchung", "chargeback"),
        ("I want to die", "vulnerable"),
        ("my husband passed away last week", "vulnerable"),
        ("soy viuda y no entiendo", "vulnerable"),
        ("ma mère est décédée", "vulnerable"),
        ("ich sitze im Rollstuhl", "vulnerable"),
        ("minha mãe faleceu", "vulnerable"),
    ],
)
def test_risk_is_seen(text: str, risk: str) -> None:
    assert risk in understand(text).risk


@pytest.mark.parametrize(
    "text",
    [
        "where is my order 1042",
        "do you have the burnt orange scarf",
        "is the hypoallergenic pillow in stock",
        "hast du die Marke noch",
        "the tennis court shoes please",
        "I want to return the window blinds",
        "it has a minor scratch",
        "quero trocar o tamanho",
        "je voudrais échanger la robe",
    ],
)
def test_harmless_words_are_no_risk(text: str) -> None:
    assert understand(text).risk == ()


@pytest.mark.parametrize(
    ("text", "frustration"),
    [
        ("Could you tell me when it arrives?", 0),
        ("I'm a bit disappointed, it arrived late", 1),
        ("this is the third time I ask, and your service is terrible", 2),
        ("my order hasn't arrived and I'm furious", 2),
        ("WORST SHOP EVER!!! you scammers, I hate you, third time I write", 3),
        ("qué vergüenza, es la tercera vez que escribo", 2),
        ("eine Frechheit, niemand antwortet", 2),
        ("bande de voleurs, c'est une honte!!", 3),
        ("bakwas service, teen baar bola", 2),
    ],
)
def test_frustration_rises_with_what_is_said(text: str, frustration: int) -> None:
    assert understand(text).frustration == frustration


@pytest.mark.parametrize(
    "text",
    [
        "yo my stuff aint here wtf",
        "ffs, the code won't go through",
        "ok wtf, where is it",
        "putain il est où mon colis",
        "merde, je me suis trompée de taille",
        "joder, y mi pedido?",
        "mierda, puse mal la calle",
        "scheiße, falsche Hausnummer",
        "verdammt, wo bleibt das Paket",
        "porra, cadê meu pedido",
        "saala parcel kahan hai",
    ],
)
def test_a_curse_at_nobody_is_no_fury(text: str) -> None:
    assert understand(text).frustration in (1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "fuck you and your shop",
        "wtf is wrong with you people",
        "you fucking idiots, where is my order",
        "putain de boutique de merde",
        "sois unos gilipollas",
        "vocês são uma merda",
        "ihr Arschlöcher, wo ist mein Paket",
    ],
)
def test_a_curse_at_somebody_is_fury(text: str) -> None:
    assert understand(text).frustration == 3


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("love the shoes, great service, thank you!", "positive"),
        ("where is order 1042", "neutral"),
        ("can you check my order? thanks", "neutral"),
        ("I am not happy with this", "negative"),
        ("estoy muy decepcionada", "negative"),
        ("alles super, vielen Dank!", "positive"),
    ],
)
def test_sentiment(text: str, sentiment: str) -> None:
    assert understand(text).sentiment == sentiment


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("whenever you have time, where is my order", "low"),
        ("I need it by Friday for a wedding", "medium"),
        ("I need this ASAP", "high"),
        ("es urgente, necesito cancelar", "high"),
        ("the battery is smoking", "high"),
    ],
)
def test_urgency(text: str, urgency: str) -> None:
    assert understand(text).urgency == urgency


def test_severity_follows_risk_and_problem() -> None:
    assert understand("the charger caught fire").severity == "high"
    assert understand("it arrived broken").severity == "medium"
    assert understand("is it waterproof").severity == "low"


def test_complexity_counts_requests_and_orders() -> None:
    assert understand("where is order 1001").complexity == "low"
    assert understand("where are orders 1001 and 1002").complexity == "medium"


@pytest.mark.parametrize(
    "street",
    [
        "send both of my pending orders to 9 Birch Court, Cleveland, OH 44101",
        "ship it to 1200 Old Mill Court Apt 4, Austin TX 78701",
        "my new address: 77 King's Court, London, 90210",
    ],
)
def test_a_street_that_is_called_court_is_no_threat(street: str) -> None:
    assert understand(street).risk == ()


@pytest.mark.parametrize("threat", ["30 days, then court, order 10422", "see you in court, order 10422"])
def test_a_court_beside_a_number_is_still_a_threat(threat: str) -> None:
    assert "legal" in understand(threat).risk
