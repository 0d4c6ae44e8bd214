"""Taking a wish back: said in many ways and five languages, and not heard in what only sounds like it."""

import pytest

from server.answering.words.withdrawal import takes_back

TAKEN_BACK = """forget it
Oh, never mind, I'll keep it.
please cancel my request
I don't need the refund anymore, thanks!
I changed my mind
withdraw the refund request for order #1042 please
Sorry, I no longer want it.
drop it
Forget about the refund.
OK never mind then
I have changed my mind about the return, I'll keep it
you can cancel the refund request
olvídalo
ya no lo quiero, gracias
ya no quiero el reembolso
he cambiado de idea
cancele mi solicitud por favor
laissez tomber
je n'en ai plus besoin
annulez ma demande svp
j'ai changé d'avis
vergiss es
ich brauche die Erstattung nicht mehr
ich habe es mir anders überlegt
ich ziehe den Antrag zurück
esquece, obrigado
já não quero o reembolso
cancele o meu pedido de reembolso
não preciso mais""".splitlines()
ELSE = """don't forget it
please don't drop it
do not cancel it
when will you decide?
never mind the delay, just refund me
forget it, I'm calling my lawyer
cancel my order
please cancel order 1043
how do I cancel my request?
I changed my mind about the colour, can I have blue
thanks
no
I don't want to wait
I will keep waiting
i don't want a credit, i want money
olvidé decir que el paquete llegó roto
no olvides mi reembolso
não esqueça o meu reembolso
n'oubliez pas mon remboursement
vergiss mein Geld nicht
ich brauche das Geld
j'ai oublié mon mot de passe
esqueci a minha senha
leave it with the neighbour""".splitlines()


@pytest.mark.parametrize("text", TAKEN_BACK)
def test_a_wish_is_taken_back(text: str) -> None:
    assert takes_back(text)


@pytest.mark.parametrize("text", ELSE)
def test_what_says_something_else_takes_nothing_back(text: str) -> None:
    assert not takes_back(text)


def test_a_mere_never_mind_is_not_outright() -> None:
    assert not takes_back("never mind", only_outright=True)
    assert takes_back("I don't need it any more", only_outright=True)
