"""The words by which a text makes a claim, in five languages: months, days, numbers, places, states, and what denies them.

Months and weekdays come from the Unicode locale data; the rest is here. A state is a claim such as "delivered" or
"refunded"; its patterns are written for how shops and carriers speak. Nothing here knows any fact.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale

_LOCALES: Final = {"en": "en_US", "es": "es", "fr": "fr", "de": "de", "pt": "pt_BR"}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. `states` are (state, pattern); patterns match anywhere in a sentence, case ignored."""

    language: str
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    full_weekdays: Mapping[str, int]
    relative: tuple[tuple[re.Pattern[str], int], ...]
    numbers: Mapping[str, int]
    counted: re.Pattern[str]
    before_place: re.Pattern[str]
    denied: re.Pattern[str]
    unreal: re.Pattern[str]
    condition: re.Pattern[str]
    states: tuple[tuple[str, re.Pattern[str]], ...]


@cache
def words_of(language: str) -> Words:
    """The words of a language; `language` is one of spoken.LANGUAGES."""
    locale = Locale.parse(_LOCALES[language])
    months = _named(locale.months, 1)
    wide = {name.casefold(): day for day, name in locale.days["format"]["wide"].items()}
    spelled = enumerate(_NUMBERS[language].split(), 1)
    numbers = {word: value for value, group in spelled for word in group.split("/") if word != "-"}
    counted = rf"\b({'|'.join(sorted(numbers, key=len, reverse=True))})\s+(?:{_COUNTED[language]})\b"
    return Words(
        language=language,
        months=months,
        weekdays=_named(locale.days, 0),
        full_weekdays=wide,
        relative=tuple((_pattern(words), offset) for words, offset in _RELATIVE[language]),
        numbers=numbers,
        counted=_pattern(counted),
        before_place=re.compile(rf"\b(?i:{_BEFORE_PLACE[language]})\s+(?P<place>[A-ZÀ-ÖØ-Þ][\w'’-]+)"),
        denied=_pattern(rf"\b(?:{_DENIED[language]})\b|n['’]t\b"),
        unreal=_pattern(rf"\b(?:{_UNREAL[language]})\s+(?:[\w'’-]+\s+){{0,2}}$"),
        condition=_pattern(rf"\b(?:{_CONDITION[language]})\b"),
        states=tuple((state, _pattern(pattern)) for state, pattern in _STATES[language].items()),
    )


def _named(table: Mapping[str, Mapping[str, Mapping[int, str]]], least: int) -> dict[str, int]:
    """Every spelling of months or weekdays, without the closing point; single letters left out."""
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for number, name in table[context][width].items():
                found[name.casefold().rstrip(".")] = number if least else int(number)
    return found


def _pattern(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.IGNORECASE)


_RELATIVE: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "en": ((r"\b(?:today|tonight)\b|\bthis (?:morning|afternoon|evening)\b", 0), (r"(?<!after )\btomorrow\b", 1), (r"\byesterday\b", -1), (r"\bday after tomorrow\b", 2)),
    "es": ((r"\bhoy\b|\besta (?:mañana|tarde|noche)\b", 0), (r"(?<!la )(?<!esta )(?<!pasado )\bmañana\b", 1), (r"(?<!antes de )\bayer\b", -1), (r"\bpasado mañana\b", 2), (r"\banteayer\b|\bantes de ayer\b", -2)),
    "fr": ((r"\baujourd['’]hui\b|\bce (?:matin|soir)\b|\bcet après-midi\b", 0), (r"(?<!après-)\bdemain\b", 1), (r"(?<!avant-)\bhier\b", -1), (r"\baprès-demain\b", 2), (r"\bavant-hier\b", -2)),
    "de": ((r"\bheute\b", 0), (r"(?<!heute )(?<!guten )(?<!am )\bmorgen\b", 1), (r"\bgestern\b", -1), (r"\bübermorgen\b", 2), (r"\bvorgestern\b", -2)),
    "pt": ((r"\bhoje\b|\besta (?:manhã|tarde|noite)\b", 0), (r"(?<!depois de )\bamanhã\b", 1), (r"(?<!ante)\bontem\b", -1), (r"\bdepois de amanhã\b", 2), (r"\banteontem\b", -2)),
}  # fmt: skip

# Only English has a word for 1 that is not also the article.
_NUMBERS: Final = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    "es": "- dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince",
    "fr": "- deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze",
    "de": "- zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn",
    "pt": "- dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze quinze",
}

_COUNTED: Final = {
    "en": r"(?:more |other |business |working |full |of )*(?:days?|hours?|weeks?|months?|years?|items?|pieces?|parcels?|packages?|attempts?|units?)",
    "es": r"(?:días?|horas?|semanas?|mes(?:es)?|años?|artículos?|piezas?|paquetes?|intentos?|unidades?)",
    "fr": r"(?:jours?|heures?|semaines?|mois|ans?|articles?|pièces?(?! d['’]identité)|colis|tentatives?)",
    "de": r"(?:weitere[rn]? )?(?:werktagen?|arbeitstagen?|tage?n?|stunden?|wochen?|monate?n?|jahre?n?|artikeln?|stück|pakete?n?|sendungen?|versuche?n?)",
    "pt": r"(?:dias?|horas?|semanas?|m[eê]s(?:es)?|anos?|itens|item|peças?|pacotes?|tentativas?|unidades?)",
}

_BEFORE_PLACE: Final = {
    "en": r"in|at|near|from|to|through|left|reached",
    "es": r"en|desde|hacia|a|por|cerca de|salió de|llegó a",
    "fr": r"à|en|depuis|vers|chez|près de|quitté",
    "de": r"in|bei|nach|aus|über|Richtung|nahe",
    "pt": r"em|desde|para|a|perto de|saiu de|chegou a",
}

_DENIED: Final = {
    "en": r"not|never|no|nothing|nobody|none|without|isn['’]t|hasn['’]t|cannot|can['’]t",
    "es": r"no|nunca|nada|nadie|ningun[oa]?|ningún|sin",
    "fr": r"pas|jamais|rien|aucune?|sans|personne|non",
    "de": r"nicht|nie|nichts|kein\w*|ohne|niemand",
    "pt": r"não|nunca|nada|ninguém|nenhuma?|sem",
}

_UNREAL: Final = {
    "en": r"can|could|will|would|may|might|should|must|be|shall|please|cannot|get",
    "es": r"pued[eo]s?|pueden|podría|podrán?|podemos|debe|será|serán|sería|ser|sea|vamos a|va a",
    "fr": r"peu[tx]|peuvent|pouvons|pourra|pourrait|doit|sera|seront|serait|être|soit",
    "de": r"kann|kannst|können|könnte|könnt|soll|sollte|muss|müsste|würde|darf",
    "pt": r"pode|podem|podemos|poderá|poderia|deve|será|serão|seria|ser|seja|vai|vamos",
}

_CONDITION: Final = {
    "en": r"if|once|when|whenever|as soon as|until|before|after|whether|unless",
    "es": r"si|cuando|en cuanto|una vez que|una vez|hasta que|antes de|después de|tan pronto como",
    "fr": r"si|quand|lorsque|dès que|dès|une fois|jusqu['’]à ce que|avant|après",
    "de": r"wenn|falls|sobald|bevor|nachdem|ob|sofern|solange",
    "pt": r"se|quando|assim que|depois que|até que|antes de|depois de|logo que|caso",
}

_STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "delivered": r"\b(?<!out for )(?:delivered|arrived|recorded (?:as delivered|the delivery)|was dropped off)\b",
        "shipped": r"\b(?:shipped|dispatched|has left|have left|left (?:us|our warehouse|the warehouse))\b",
        "moving": r"\b(?:on its way|on the way|in transit|underway)\b(?! back| to us)",
        "out_for_delivery": r"\bout for delivery\b|\bon the (?:vehicle|van|truck)\b",
        "attempted": r"\btried to deliver\b|\bdelivery (?:was )?attempted\b|\bmissed delivery\b",
        "pickup": r"\b(?:waiting|ready) (?:for|to be) (?:you|pick ?up|picked up|collected|collection)\b",
        "customs": r"\b(?:in|at|with|through|cleared) customs\b",
        "damaged": r"\b(?:was|is|been|got) damaged\b",
        "lost": r"\b(?:is|was|been|got|considered|as) lost\b|\bwent missing\b",
        "returning": r"\b(?:sending|on its way|coming|going|being sent) (?:\S+ ){0,3}back(?: to us)?\b",
        "returned": r"\b(?:came|is|was|are|been) (?:sent )?back (?:to|with|at) us\b|\b(?:was|were|been|have|has) returned\b",
        "received": r"\bwe(?:['’]ve| have)? received\b|\breceived by us\b",
        "inspected": r"\b(?:was|were|been) (?:checked|inspected)\b",
        "cancelled": r"\bcancell?ed\b",
        "refunded": r"\brefunded\b|\bwent back to you\b|\b(?:was|were|been|have|has) (?:issued|paid (?:back|out))\b|\bsent (?:you )?(?:your|the) (?:money|refund)\b|\brefund(?: of [^.;]{1,16})? is done\b|\bgot your money back\b",
        "refund_pending": r"\bsubmitted to (?:the|your) bank\b|\bnot confirmed yet\b",
        "refund_failed": r"\bdid not go through\b|\brefund (?:has )?failed\b",
        "credited": r"\bcredited\b",
        "exchanged": r"\bexchanged\b",
        "replaced": r"\breplaced\b|\bsent (?:you )?(?:again|a new one|another|a replacement)\b|\breshipped\b",
        "opened": r"\b(?:return|exchange) is (?:open|approved|registered)\b|\breturn (?:was|has been) (?:opened|approved|accepted)\b",
        "approved": r"\bapproved\b|\baccepted your\b",
        "late": r"\b(?:is|was|are|running) (?:late|delayed|overdue)\b|\bshould have left\b",
        "preparing": r"\bbeing (?:prepared|packed)\b",
        "back_ordered": r"\bback-?ordered\b|\bout of stock\b",
        "in_stock": r"\b(?:is|are) in stock\b|\bstill available\b|\byou can have:",
        "sold_out": r"\bsold out\b",
        "unpaid": r"\bpayment (?:failed|is pending|expired)\b|\bno completed payment\b|\bnot been paid\b",
        "paid": r"\b(?:is|was|been|fully) paid\b(?! (?:back|out))",
        "changed": r"\b(?:I|we)(?:['’]ve| have) (?:just |already |now |also )?(?:changed|updated|corrected|booked|ordered|upgraded|waived|arranged|scheduled|removed|added (?!that|this|it|you))",
    },
    "es": {
        "delivered": r"\b(?:entregad[oa]s?|llegó|ha llegado|han llegado|se entregó|registró la entrega)\b",
        "shipped": r"\b(?:enviad[oa]s?(?! al banco)|despachad[oa]s?|ha salido|han salido|salió|se envió)\b",
        "moving": r"\ben (?:camino|tránsito)\b(?! de vuelta)",
        "out_for_delivery": r"\b(?:en|salió a) reparto\b",
        "attempted": r"\bintentó entregar\b|\bintento de entrega\b",
        "pickup": r"\b(?:te espera|le espera|list[oa] para (?:recoger|ser recogid[oa]|retirar))\b",
        "customs": r"\ben (?:la )?aduanas?\b",
        "damaged": r"\b(?:dañad[oa]s?|sufrió daños)\b",
        "lost": r"\bperdid[oa]s?\b|\bse perdió\b|\bextraviad[oa]s?\b",
        "returning": r"\b(?:de vuelta hacia|de vuelta a nuestr|está devolviendo|en camino de vuelta)\b",
        "returned": r"\b(?:devuelt[oa]s?|volvió a nuestr\w+|ha vuelto|de vuelta en nuestr\w+)\b",
        "received": r"\b(?:lo |la |los |las )?(?:hemos recibido|recibimos)\b|\brecibid[oa]s? (?:en|por) nuestr\w+\b",
        "inspected": r"\b(?:revisad[oa]s?|se revisó|inspeccionad[oa]s?)\b",
        "cancelled": r"\b(?:cancelad[oa]s?|anulad[oa]s?|se canceló)\b",
        "refunded": r"\b(?:reembolsad[oa]s?|te devolvimos|se te devolvi(?:ó|eron)|hemos devuelto|se (?:emitió|abonó)|emitid[oa]s?)\b",
        "refund_pending": r"\benviad[oa] al banco\b|\btodavía no (?:está|consta) confirmad[oa]\b",
        "refund_failed": r"\bno se pudo completar\b|\breembolso (?:ha fallado|falló)\b",
        "credited": r"\babonad[oa]s?\b|\bacreditad[oa]s?\b",
        "exchanged": r"\b(?:(?:fue|fueron|ha sido|han sido|está|están) cambiad[oa]s?|intercambiad[oa]s?)\b",
        "replaced": r"\breemplazad[oa]s?\b|\breenviad[oa]s?\b",
        "opened": r"\b(?:devolución|cambio) (?:ya )?(?:está|queda) (?:abiert[oa]|aprobad[oa]|registrad[oa])\b",
        "approved": r"\b(?:aprobad[oa]s?|aceptad[oa]s?)\b",
        "late": r"\b(?:retrasad[oa]s?|va con retraso|lleva retraso|debería haber salido)\b",
        "preparing": r"\b(?:se está|está) (?:preparando|embalando)\b|\ben preparación\b",
        "back_ordered": r"\b(?:agotad[oa]s?|sin existencias|pendiente de reposición)\b",
        "in_stock": r"\bestán? disponibles?\b|\bpuedes llevarte:",
        "unpaid": r"\bpago (?:falló|ha fallado|está pendiente|caducó)\b|\bningún pago completado\b",
        "paid": r"\b(?:está|fue|ha sido|han sido) pagad[oa]s?\b",
        "changed": r"\b(?:he|hemos) (?:cambiado|actualizado|corregido|reservado|programado|añadido|quitado|eliminado)\b",
    },
    "fr": {
        "delivered": r"\b(?:livrée?s?|est arrivée?|enregistré la livraison)\b",
        "shipped": r"\b(?:expédiée?s?|envoyée?s?|est partie?s?|sont partie?s?|a quitté)\b",
        "moving": r"\ben (?:route|chemin|transit|cours d['’]acheminement)\b(?! (?:de retour|vers nous))",
        "out_for_delivery": r"\ben cours de livraison\b|\bdans le véhicule\b",
        "attempted": r"\ba tenté de livrer\b|\btentative de livraison\b",
        "pickup": r"\b(?:vous attend|prête? (?:à être retirée?|au retrait|pour le retrait))\b",
        "customs": r"\b(?:à la|en) douane\b",
        "damaged": r"\b(?:endommagée?s?|abîmée?s?)\b",
        "lost": r"\b(?:est|a été|sont|considérée? comme) (?:perdue?s?|égarée?s?)\b",
        "returning": r"\b(?:en cours de retour|nous (?:le |la )?renvoie|de retour vers nous|en route vers nous)\b",
        "returned": r"\b(?:nous est revenue?|est revenue?|est de retour chez nous|retournée?s?|renvoyée?s?)\b",
        "received": r"\bnous l['’]avons (?:bien )?reçue?\b|\bavons (?:bien )?reçu\b|\breçue?s? (?:chez|par) nous\b",
        "inspected": r"\b(?:contrôlée?s?|inspectée?s?|vérifiée?s?)\b",
        "cancelled": r"\b(?:annulée?s?)\b",
        "refunded": r"\b(?:remboursée?s?|vous (?:a été|ont été) (?:rendue?s?|reversée?s?|versée?s?)|(?:a|ont) été (?:émise?s?|versée?s?))\b",
        "refund_pending": r"\btransmise? à la banque\b|\bpas encore confirmée?\b",
        "refund_failed": r"\bn['’]a pas abouti\b|\bremboursement a échoué\b",
        "credited": r"\bcréditée?s?\b",
        "exchanged": r"\béchangée?s?\b",
        "replaced": r"\bremplacée?s?\b|\bréexpédiée?s?\b",
        "opened": r"\b(?:retour|échange) est (?:ouvert|approuvé|enregistré)\b",
        "approved": r"\b(?:approuvée?s?|acceptée?s?)\b",
        "late": r"\b(?:en retard|retardée?s?|aurait dû partir)\b",
        "preparing": r"\ben (?:cours de )?préparation\b|\ben cours d['’]emballage\b",
        "back_ordered": r"\b(?:en rupture|en réapprovisionnement)\b",
        "in_stock": r"\b(?:est|sont) en stock\b|\bvous pouvez avoir :",
        "sold_out": r"\bépuisée?s?\b",
        "unpaid": r"\bpaiement (?:a échoué|est en attente|a expiré)\b|\baucun paiement (?:finalisé|abouti)\b",
        "paid": r"\b(?:est|a été) (?:payée?s?|réglée?s?)\b",
        "changed": r"\b(?:j['’]ai|nous avons|a été) (?:bien |déjà )?(?:modifiée?|changée?|corrigée?|réservée?|programmée?|ajoutée?|supprimée?)\b",
    },
    "de": {
        "delivered": r"\b(?:zugestellt|geliefert|ausgeliefert|angekommen|Zustellung (?:der|von) [^.]{1,40} (?:vermerkt|erfasst))\b",
        "shipped": r"\b(?:versandt|versendet|verschickt|abgeschickt|hat unser Lager verlassen)\b",
        "moving": r"\b(?:unterwegs|auf dem Weg)\b(?! (?:zurück|zu uns))",
        "out_for_delivery": r"\bin (?:der )?Zustellung\b|\bim Zustellfahrzeug\b",
        "attempted": r"\bzuzustellen versucht\b|\bversucht, [^.]{0,60}zuzustellen\b|\bZustellversuch\b",
        "pickup": r"\b(?:wartet (?:auf dich|auf Sie)|liegt (?:für (?:dich|Sie) )?[^.]{0,60}bereit|abholbereit|zur Abholung bereit)\b",
        "customs": r"\b(?:beim|im) Zoll\b",
        "damaged": r"\bbeschädigt\b",
        "lost": r"\b(?:ist|gilt als|ging|wurde|sind|als) (?:leider )?(?:verloren|verlorengegangen)\b|\bverloren gegangen\b",
        "returning": r"\b(?:auf dem Rückweg|auf dem Weg zurück|schickt [^.]{0,60} zurück|unterwegs zu uns)\b",
        "returned": r"\b(?:wieder bei uns|zurück bei uns|zurückgekommen|zurückgesandt|zurückgeschickt|retourniert)\b",
        "received": r"\b(?:bei uns (?:eingegangen|angekommen|eingetroffen)|haben (?:sie|es|ihn|wir)? ?[^.]{0,40}erhalten)\b",
        "inspected": r"\bgeprüft\b",
        "cancelled": r"\b(?:storniert|annulliert)\b",
        "refunded": r"\b(?:erstattet|zurückgezahlt|zurücküberwiesen|gutgeschrieben worden|ausgezahlt|veranlasst)\b",
        "refund_pending": r"\ban die Bank (?:übergeben|übermittelt)\b|\bnoch nicht bestätigt\b",
        "refund_failed": r"\bnicht durchgegangen\b|\b(?:Erstattung|Rückzahlung) [^.]{0,30}fehlgeschlagen\b",
        "credited": r"\bgutgeschrieben\b",
        "exchanged": r"\b(?:umgetauscht|getauscht)\b",
        "replaced": r"\b(?:ersetzt|erneut (?:versandt|verschickt))\b",
        "opened": r"\b(?:Rücksendung|Retoure|Umtausch) ist (?:angelegt|genehmigt|eröffnet)\b",
        "approved": r"\b(?:genehmigt|bewilligt|angenommen)\b",
        "late": r"\b(?:verspätet|hat Verspätung|überfällig|hätte [^.]{0,60}verlassen)\b",
        "preparing": r"\b(?:wird (?:gerade )?(?:vorbereitet|verpackt|gepackt)|in Vorbereitung)\b",
        "back_ordered": r"\b(?:nachbestellt|nicht (?:mehr )?(?:auf Lager|vorrätig)|ausverkauft)\b",
        "in_stock": r"\b(?:ist|sind) (?:noch )?auf Lager\b|\bkönnen Sie haben:",
        "unpaid": r"\bZahlung (?:ist )?(?:fehlgeschlagen|steht aus|abgelaufen)\b|\bkeine abgeschlossene Zahlung\b",
        "paid": r"\b(?:ist|wurde) bezahlt\b",
        "changed": r"\b(?:habe|haben) (?:ich|wir)? ?[^.,;]{0,50}(?:geändert|aktualisiert|korrigiert|gebucht|hinzugefügt|entfernt)\b",
    },
    "pt": {
        "delivered": r"\b(?:entregues?|chegou|chegaram|registrou a entrega)\b",
        "shipped": r"\b(?:enviad[oa]s?(?! ao banco)|despachad[oa]s?|postad[oa]s?|já saiu|saiu do nosso)\b",
        "moving": r"\b(?:a caminho|em trânsito)\b(?! de volta)",
        "out_for_delivery": r"\b(?:saiu para entrega|em rota de entrega)\b",
        "attempted": r"\btentou entregar\b|\btentativa de entrega\b",
        "pickup": r"\b(?:esperando por você|pront[oa] para (?:retirada|retirar))\b",
        "customs": r"\bna alfândega\b",
        "damaged": r"\b(?:danificad[oa]s?|avariad[oa]s?)\b",
        "lost": r"\b(?:perdid[oa]s?|extraviad[oa]s?|se perdeu)\b",
        "returning": r"\b(?:de volta para nós|está devolvendo|a caminho de volta)\b",
        "returned": r"\b(?:devolvid[oa]s?|voltou para nós|de volta conosco)\b",
        "received": r"\b(?:recebemos|recebid[oa]s? por nós)\b",
        "inspected": r"\b(?:conferid[oa]s?|inspecionad[oa]s?|verificad[oa]s?)\b",
        "cancelled": r"\bcancelad[oa]s?\b",
        "refunded": r"\b(?:reembolsad[oa]s?|estornad[oa]s?|devolvemos a você|emitid[oa]s?)\b",
        "refund_pending": r"\benviad[oa] ao banco\b|\bainda não (?:foi )?confirmad[oa]\b",
        "refund_failed": r"\bnão foi concluíd[oa]\b|\breembolso falhou\b",
        "credited": r"\bcreditad[oa]s?\b",
        "exchanged": r"\btrocad[oa]s?\b",
        "replaced": r"\b(?:substituíd[oa]s?|reenviad[oa]s?)\b",
        "opened": r"\b(?:devolução|troca) está (?:abert[oa]|aprovad[oa]|registrad[oa])\b",
        "approved": r"\b(?:aprovad[oa]s?|aceit[oa]s?)\b",
        "late": r"\b(?:atrasad[oa]s?|com atraso|deveria ter saído)\b",
        "preparing": r"\b(?:sendo|está em) (?:preparad[oa]|embalad[oa]|preparação)\b",
        "back_ordered": r"\b(?:em falta|sem estoque|esgotad[oa]s?)\b",
        "in_stock": r"\best(?:á|ão) em estoque\b|\bvocê pode levar:",
        "unpaid": r"\bpagamento (?:falhou|está pendente|expirou)\b|\bnenhum pagamento concluído\b",
        "paid": r"\b(?:foi|está) pag[oa]s?\b",
        "changed": r"\b(?:mudei|alterei|alteramos|mudamos|atualizei|corrigi|corrigimos|reservei|adicionei|removi)\b",
    },
}  # fmt: skip
