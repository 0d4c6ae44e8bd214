"""The words of the return slip, in the five languages, and which of them a shopper reads."""

from dataclasses import dataclass
from typing import Final

from server.answering.words.spoken import LANGUAGES, language_of


@dataclass(frozen=True, slots=True)
class SlipWords:
    """Everything that is printed on a slip beside facts. `due` has {day}; `returns` has {shop}."""

    title: str
    number: str
    to: str
    returns: str
    sender: str
    order: str
    hand_in: str
    items: str
    due: str
    print_it: str
    no_printer: str
    no_address: str
    closed: str


WORDS: Final = {
    "en": SlipWords(
        "Return slip",
        "Return number",
        "To",
        "Returns, {shop}",
        "From",
        "Order",
        "Hand in at",
        "In this parcel",
        "Please send it by {day}.",
        "Print this page, put it into the parcel, and send the parcel to the address above.",
        "No printer? Write the return number on a sheet of paper and put that into the parcel. "
        "Where somebody scans parcels for us, show this code.",
        "Ask us for the address before you send the parcel.",
        "This return is closed. Please do not send the parcel; ask us first.",
    ),
    "es": SlipWords(
        "Hoja de devolución",
        "Número de devolución",
        "Para",
        "Devoluciones, {shop}",
        "De",
        "Pedido",
        "Entregar en",
        "En este paquete",
        "Envíelo antes de que termine el {day}.",
        "Imprima esta página, póngala dentro del paquete y envíe el paquete a la dirección de arriba.",
        "¿Sin impresora? Escriba el número de devolución en una hoja y póngala dentro del paquete. "
        "Donde alguien escanee paquetes para nosotros, muestre este código.",
        "Pídanos la dirección antes de enviar el paquete.",
        "Esta devolución está cerrada. No envíe el paquete; pregúntenos antes.",
    ),
    "fr": SlipWords(
        "Bon de retour",
        "Numéro de retour",
        "À",
        "Retours, {shop}",
        "De",
        "Commande",
        "À déposer à",
        "Dans ce colis",
        "Merci de l’envoyer au plus tard le {day}.",
        "Imprimez cette page, glissez-la dans le colis et envoyez le colis à l’adresse ci-dessus.",
        "Pas d’imprimante ? Notez le numéro de retour sur une feuille et glissez-la dans le colis. "
        "Là où quelqu’un scanne les colis pour nous, montrez ce code.",
        "Demandez-nous l’adresse avant d’envoyer le colis.",
        "Ce retour est clos. N’envoyez pas le colis ; demandez-nous d’abord.",
    ),
    "de": SlipWords(
        "Rücksendeschein",
        "Rücksendenummer",
        "An",
        "Retouren, {shop}",
        "Von",
        "Bestellung",
        "Abgeben bei",
        "In diesem Paket",
        "Bitte bis {day} absenden.",
        "Drucken Sie diese Seite, legen Sie sie in das Paket und senden Sie das Paket an die Adresse oben.",
        "Kein Drucker? Schreiben Sie die Rücksendenummer auf ein Blatt und legen Sie es in das Paket. "
        "Wo jemand Pakete für uns scannt, zeigen Sie diesen Code.",
        "Fragen Sie uns nach der Adresse, bevor Sie das Paket absenden.",
        "Diese Rücksendung ist abgeschlossen. Bitte senden Sie das Paket nicht ab; fragen Sie uns zuerst.",
    ),
    "pt": SlipWords(
        "Guia de devolução",
        "Número da devolução",
        "Para",
        "Devoluções, {shop}",
        "De",
        "Pedido",
        "Entregar em",
        "Neste pacote",
        "Envie até {day}.",
        "Imprima esta página, coloque-a dentro do pacote e envie o pacote para o endereço acima.",
        "Sem impressora? Escreva o número da devolução numa folha e coloque-a dentro do pacote. "
        "Onde alguém ler pacotes para nós, mostre este código.",
        "Peça-nos o endereço antes de enviar o pacote.",
        "Esta devolução está encerrada. Não envie o pacote; fale connosco antes.",
    ),
}


def reads(locale: str | None, accepted: str) -> str:
    """The language of a slip: that of the order, else the first of the browser's that we write, else English."""
    if locale and locale.strip():
        return language_of(locale.strip().replace("_", "-"))
    return next((short for short in _wished(accepted) if short in LANGUAGES), "en")


def _wished(accepted: str) -> list[str]:
    """Primary languages of an Accept-Language header, most wanted first (RFC 9110 section 12.5.4)."""
    wished = []
    for part in accepted[:500].split(","):
        tag, _, parameters = part.partition(";")
        weight = _weight(parameters)
        if tag.strip() and weight > 0:
            wished.append((weight, tag.strip().split("-")[0].lower()))
    return [short for _, short in sorted(wished, key=lambda each: -each[0])]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
