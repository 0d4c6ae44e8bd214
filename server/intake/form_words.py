"""The words of the support form, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TOPICS: Final = ("order", "return", "damaged", "payment", "product", "other")


@dataclass(frozen=True, slots=True)
class FormWords:
    """What the form says; `{…}` are filled in. `topics` are in the order of TOPICS."""

    language: str
    title: str
    intro: str
    name: str
    email: str
    order: str
    order_hint: str
    topic: str
    topics: tuple[str, ...]
    message: str
    files: str
    files_hint: str
    kept: str
    optional: str
    send: str
    trap: str
    mend: str
    needs_email: str
    needs_message: str
    too_long: str
    bad_order: str
    bad_file: str
    many_files: str
    big_file: str
    again: str
    too_many: str
    thanks: str
    number: str
    by_email: str
    by_chat: str
    go_on: str
    another: str
    skip: str
    help: str
    missing: str


WORDS: Final[Mapping[str, FormWords]] = {
    "en": FormWords(
        "English",
        "Contact us",
        "Tell us what it is about. The fewer questions we have to ask, the sooner it is solved.",
        "Name",
        "E-mail address",
        "Order number",
        "It looks like {example}",
        "What is it about?",
        (
            "An order or its delivery", "A return or an exchange", "Damaged or wrong", "Payment or a refund",
            "A question about a product", "Something else",
        ),
        "Your message",
        "Photos or documents",
        "Up to {count} files of {size} MB: JPEG, PNG, WebP, GIF, HEIC, PDF",
        "Already attached",
        "optional",
        "Send",
        "Please leave this field empty",
        "Please check what is marked below. Nothing that you wrote is lost.",
        "Write an e-mail address such as ana@example.com",
        "Write what it is about",
        "Write at most {count} characters",
        "Write only the order number, at most {count} characters",
        "{name} cannot be read. Send a picture or a PDF",
        "Send at most {count} files",
        "{name} is larger than {size} MB",
        "Please send it once more. Nothing that you wrote is lost.",
        "There were many messages from here just now. Please send it again in a minute; nothing that you wrote is lost.",
        "Thank you, we have your message",
        "Your conversation has the number {number}.",
        "We answer by e-mail, at the address that you gave. Look into the spam folder too.",
        "The answer comes in the chat. Open it now: the way there works once, on this device.",
        "Go on in the chat",
        "Send another message",
        "Skip to the form",
        "Help centre",
        "There is no such page.",
    ),
    "es": FormWords(
        "Español",
        "Contacto",
        "Cuéntenos de qué se trata. Cuantas menos preguntas tengamos que hacer, antes estará resuelto.",
        "Nombre",
        "Correo electrónico",
        "Número de pedido",
        "Tiene este aspecto: {example}",
        "¿De qué se trata?",
        (
            "Un pedido o su entrega", "Una devolución o un cambio", "Dañado o equivocado", "Un pago o un reembolso",
            "Una pregunta sobre un producto", "Otra cosa",
        ),
        "Su mensaje",
        "Fotos o documentos",
        "Hasta {count} archivos de {size} MB: JPEG, PNG, WebP, GIF, HEIC, PDF",
        "Ya adjuntos",
        "opcional",
        "Enviar",
        "Deje este campo vacío",
        "Revise lo que está marcado abajo. No se ha perdido nada de lo que escribió.",
        "Escriba una dirección de correo como ana@example.com",
        "Escriba de qué se trata",
        "Escriba como máximo {count} caracteres",
        "Escriba solo el número de pedido, como máximo {count} caracteres",
        "No se puede leer {name}. Envíe una imagen o un PDF",
        "Envíe como máximo {count} archivos",
        "{name} ocupa más de {size} MB",
        "Envíelo otra vez, por favor. No se ha perdido nada de lo que escribió.",
        "Han llegado muchos mensajes desde aquí. Envíelo de nuevo dentro de un minuto; no se ha perdido nada.",
        "Gracias, hemos recibido su mensaje",
        "Su conversación tiene el número {number}.",
        "Respondemos por correo electrónico, a la dirección que nos ha dado. Mire también en la carpeta de spam.",
        "La respuesta llega en el chat. Ábralo ahora: el acceso funciona una vez, en este dispositivo.",
        "Seguir en el chat",
        "Enviar otro mensaje",
        "Ir al formulario",
        "Centro de ayuda",
        "No existe esta página.",
    ),
    "fr": FormWords(
        "Français",
        "Nous contacter",
        "Dites-nous de quoi il s'agit. Moins nous aurons de questions à poser, plus vite ce sera réglé.",
        "Nom",
        "Adresse e-mail",
        "Numéro de commande",
        "Il ressemble à {example}",
        "De quoi s'agit-il ?",
        (
            "Une commande ou sa livraison", "Un retour ou un échange", "Endommagé ou erroné",
            "Un paiement ou un remboursement", "Une question sur un produit", "Autre chose",
        ),
        "Votre message",
        "Photos ou documents",
        "Jusqu'à {count} fichiers de {size} Mo : JPEG, PNG, WebP, GIF, HEIC, PDF",
        "Déjà joints",
        "facultatif",
        "Envoyer",
        "Laissez ce champ vide",
        "Vérifiez ce qui est signalé ci-dessous. Rien de ce que vous avez écrit n'est perdu.",
        "Écrivez une adresse e-mail comme ana@example.com",
        "Écrivez de quoi il s'agit",
        "Écrivez au plus {count} caractères",
        "Écrivez seulement le numéro de commande, au plus {count} caractères",
        "{name} est illisible. Envoyez une image ou un PDF",
        "Envoyez au plus {count} fichiers",
        "{name} dépasse {size} Mo",
        "Envoyez-le encore une fois. Rien de ce que vous avez écrit n'est perdu.",
        "Beaucoup de messages viennent d'arriver d'ici. Réessayez dans une minute ; rien n'est perdu.",
        "Merci, nous avons bien reçu votre message",
        "Votre conversation porte le numéro {number}.",
        "Nous répondons par e-mail, à l'adresse que vous avez donnée. Regardez aussi dans les indésirables.",
        "La réponse arrive dans le chat. Ouvrez-le maintenant : l'accès fonctionne une fois, sur cet appareil.",
        "Continuer dans le chat",
        "Envoyer un autre message",
        "Aller au formulaire",
        "Centre d'aide",
        "Cette page n'existe pas.",
    ),
    "de": FormWords(
        "Deutsch",
        "Kontakt",
        "Schreiben Sie uns, worum es geht. Je weniger wir nachfragen müssen, desto schneller ist es gelöst.",
        "Name",
        "E-Mail-Adresse",
        "Bestellnummer",
        "Sie sieht so aus: {example}",
        "Worum geht es?",
        (
            "Eine Bestellung oder ihre Lieferung", "Eine Rückgabe oder ein Umtausch", "Beschädigt oder falsch",
            "Zahlung oder Erstattung", "Eine Frage zu einem Produkt", "Etwas anderes",
        ),
        "Ihre Nachricht",
        "Fotos oder Dokumente",
        "Bis zu {count} Dateien mit {size} MB: JPEG, PNG, WebP, GIF, HEIC, PDF",
        "Schon angehängt",
        "freiwillig",
        "Senden",
        "Bitte lassen Sie dieses Feld leer",
        "Bitte prüfen Sie, was unten markiert ist. Nichts, was Sie geschrieben haben, ist verloren.",
        "Schreiben Sie eine E-Mail-Adresse wie ana@example.com",
        "Schreiben Sie, worum es geht",
        "Schreiben Sie höchstens {count} Zeichen",
        "Schreiben Sie nur die Bestellnummer, höchstens {count} Zeichen",
        "{name} ist nicht lesbar. Senden Sie ein Bild oder ein PDF",
        "Senden Sie höchstens {count} Dateien",
        "{name} ist größer als {size} MB",
        "Bitte senden Sie es noch einmal. Nichts, was Sie geschrieben haben, ist verloren.",
        "Von hier kamen gerade viele Nachrichten. Bitte senden Sie es in einer Minute noch einmal; nichts ist verloren.",
        "Danke, wir haben Ihre Nachricht",
        "Ihr Gespräch hat die Nummer {number}.",
        "Wir antworten per E-Mail an die Adresse, die Sie angegeben haben. Sehen Sie auch im Spam-Ordner nach.",
        "Die Antwort kommt im Chat. Öffnen Sie ihn jetzt: Der Weg dorthin gilt einmal, auf diesem Gerät.",
        "Im Chat weitermachen",
        "Noch eine Nachricht senden",
        "Zum Formular",
        "Hilfe",
        "Diese Seite gibt es nicht.",
    ),
    "pt": FormWords(
        "Português",
        "Contacte-nos",
        "Diga-nos do que se trata. Quanto menos tivermos de perguntar, mais depressa fica resolvido.",
        "Nome",
        "Endereço de e-mail",
        "Número da encomenda",
        "É parecido com {example}",
        "Do que se trata?",
        (
            "Uma encomenda ou a sua entrega", "Uma devolução ou uma troca", "Danificado ou errado",
            "Um pagamento ou um reembolso", "Uma pergunta sobre um produto", "Outra coisa",
        ),
        "A sua mensagem",
        "Fotografias ou documentos",
        "Até {count} ficheiros de {size} MB: JPEG, PNG, WebP, GIF, HEIC, PDF",
        "Já anexados",
        "opcional",
        "Enviar",
        "Deixe este campo vazio",
        "Verifique o que está assinalado abaixo. Nada do que escreveu se perdeu.",
        "Escreva um endereço de e-mail como ana@example.com",
        "Escreva do que se trata",
        "Escreva no máximo {count} caracteres",
        "Escreva só o número da encomenda, no máximo {count} caracteres",
        "Não é possível ler {name}. Envie uma imagem ou um PDF",
        "Envie no máximo {count} ficheiros",
        "{name} tem mais de {size} MB",
        "Envie mais uma vez, por favor. Nada do que escreveu se perdeu.",
        "Chegaram agora muitas mensagens daqui. Envie de novo dentro de um minuto; nada se perdeu.",
        "Obrigado, recebemos a sua mensagem",
        "A sua conversa tem o número {number}.",
        "Respondemos por e-mail, para o endereço que indicou. Veja também na pasta de spam.",
        "A resposta chega no chat. Abra-o agora: o acesso funciona uma vez, neste dispositivo.",
        "Continuar no chat",
        "Enviar outra mensagem",
        "Ir para o formulário",
        "Centro de ajuda",
        "Esta página não existe.",
    ),
}  # fmt: skip
