"""Where a signature begins, and what a telephone or a mail program adds below a text.

Taken off is only what is surely a signature: below the line of two dashes, in a box that HTML calls one, or a whole line such as
"Sent from my iPhone" in many languages. A question below the dashes is no signature, and a postscript belongs to the text.
"""

import re
from collections.abc import Sequence
from typing import Final

from channels.email.lines import Line

MAX_LINES: Final = 12
MAX_LETTERS: Final = 800
MAX_NOTICE: Final = 3000
"""Letters of what a company's mail server adds below: confidentiality, register, environment."""

_DEVICE: Final = (
    r"(?:(?:apple|samsung|huawei|xiaomi|google|nokia|sony|lg|htc|honor|oppo|vivo|oneplus|motorola"
    r"|redmi|galaxy|iphone|ipad|ipod|android|blackberry|windows|pixel"
    r"|mobile|mobil|mobiel|handy|smartphone|smart|phone|téléphone|telefono|teléfono|telefon|telefoon"
    r"|tablet|tablette|móvil|celular|cellulare|device|dispositivo"
    r"|gerät|appareil|cell|email|mail|mac|macbook|watch|yahoo|outlook|gmail|protonmail|proton|aol"
    r"|spark|mailbox|verizon|at&t|t-mobile|4g|5g|lte|wireless|an?|my|the"
    r"|mon|mein|meinem|mijn|min|mi|mio|meu|for|für|pour|para|per|voor|för|op|auf|with|mit|on|ios|app"
    r"|and|powered|by|touch|pro|max|plus|mini|ultra|edge|note|xl|fe"
    r"|[a-z]{0,2}\d{1,4}[a-z]{0,2}\+?|®|™)[\s,'’\"-]*){1,9}"
)
_SENT: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:sent|this (?:e-?mail|message) was sent) (?:from|via|with|using|by) {_DEVICE}(?:secure email)?",
        rf"get outlook for {_DEVICE}",
        rf"(?:outlook für|holen sie sich outlook für|hol dir outlook für) {_DEVICE}(?:herunterladen)?",
        rf"(?:gesendet|geschickt|versendet|verschickt) (?:von|vom|mit|über|aus) (?:meinem |meiner "
        rf"|der |dem )?{_DEVICE}(?:app)?",
        rf"(?:diese (?:nachricht|e-?mail) wurde )?(?:von|vom) (?:meinem |meiner "
        rf"|unterwegs )?{_DEVICE}(?:mit k-?9 mail |mit {_DEVICE})?(?:gesendet|geschickt|versandt)",
        rf"envoyé (?:de|depuis|à partir de|avec|via|par) (?:mon |ma |l['’])?{_DEVICE}",
        rf"(?:obtenez|téléchargez|télécharger) outlook pour {_DEVICE}",
        rf"enviado (?:desde|con|de|do|da|a partir do|via|pelo) (?:mi |meu |el |o )?{_DEVICE}",
        rf"(?:obtener|obtén|obter) (?:o )?outlook (?:para|for) {_DEVICE}",
        rf"inviato (?:da|dal|dalla|con|tramite) (?:mio |mia )?{_DEVICE}",
        rf"(?:scarica|ottieni) outlook per {_DEVICE}",
        rf"(?:verstuurd|verzonden) (?:vanaf|van|met|via|vanuit) (?:mijn )?{_DEVICE}",
        rf"outlook voor {_DEVICE}(?:downloaden)?",
        rf"(?:skickat från|sendt fra|hämta outlook för|hent outlook til) (?:min )?{_DEVICE}",
        r"lähetetty (?:iphone|ipad|android|samsung|puhelime)\S{0,12}(?: \S{1,12}){0,2}",
        r"wysłane? z (?:iphone|ipad|telefonu|mojego|androida)\S{0,4}(?: \S{1,12}){0,2}",
        r"odesláno z (?:iphon|ipad|mobil|mého)\S{0,6}(?: \S{1,12}){0,2}",
        r"(?:iphone|ipad|android)['’]?(?:umdan|dan|den|imden|ımdan) gönderildi",
        r"отправлено (?:с|из|через) (?:моего )?(?:iphone|ipad|android|мобильн|телефон|яндекс|почты"
        r"|samsung)\S{0,8}(?: \S{1,12}){0,4}",
        r"надіслано з (?:iphone|ipad|мого)\S{0,4}(?: \S{1,12}){0,2}",
        r"στάλθηκε από το (?:iphone|ipad|κινητό)(?: \S{1,8})?",
        r"trimis de pe (?:iphone|ipad|telefon)\S{0,6}",
        r"(?:私の)?(?:iphone|ipad|android|スマートフォン)から送信",
        r"(?:发自|發自|來自|从)我的? ?(?:iphone|ipad|手机|手機|华为|小米)\S{0,8}(?:发送|傳送)?",
        r"(?:나의|내) (?:iphone|ipad|갤럭시|휴대폰)에서 (?:보냄|보낸 이메일)",
        r"נשלח מה?-?\s?(?:iphone|ipad|אייפון|טלפון|נייד)\S{0,6}(?: שלי)?",
        r"(?:أُرسلت|أرسلت|تم الإرسال) من (?:الـ ?)?(?:iphone|ipad|هاتفي|جوالي)(?: \S{1,8})?",
    )
)
_LINK: Final = re.compile(r"<?\bhttps?://[^\s<>]+>?")
_DASHES: Final = re.compile(r"\s*(?:--|—|––)\s?")
_POSTSCRIPT: Final = re.compile(r"\s*(?:p\.?\s?s\b|ps\s?[:.]|n\.?b\.?\s?:|edit\s?:|nachtrag|p\.-?d\.)", re.IGNORECASE)
_ASKS: Final = re.compile(
    r"[?？؟]|\b(?:my|the|our|mein\w*|ma|mi|meu|mijn|il mio) (?:\w+ )?(?:order|bestell\w*|commande|pedido|ordine)"
    r"|(?:order|bestell\w*|commande|pedido|ordine)\D{0,12}\d{3,}|#\d{3,}",
    re.IGNORECASE,
)
_NOTICE: Final = re.compile(
    r"confidential|intended (?:recipient|solely|only)|disclaimer|virus|vertraulich|confidentiel|confidencial|riservat"
    r"|vertrouwelijk|registered (?:in|office)|consider the environment|handelsregister|geschäftsführ",
    re.IGNORECASE,
)


def is_sent_from(text: str) -> bool:
    """Whether a whole line is what a device or a mail program adds."""
    text = _LINK.sub("", text).strip().strip("*_[]()").strip().rstrip(".!").strip()
    return 8 <= len(text) <= 90 and any(pattern.fullmatch(text) for pattern in _SENT)


def parted(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """A text without its signature, and the signature. `lines` are those that the writer wrote."""
    kept, taken = _without_box(lines)
    kept, device = _without_sent_from(kept)
    kept, below = _without_dashes(kept)
    kept, again = _without_sent_from(kept)
    return kept, [*again, *below, *taken, *device]


def _without_box(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    taken = [line for line in lines if line.is_signature and not line.depth]
    text = _LINK.sub("", " ".join(line.text for line in taken))
    if not taken or len(text) > 2 * MAX_LETTERS or _ASKS.search(text):
        return list(lines), []
    return [line for line in lines if not (line.is_signature and not line.depth)], taken


def _without_sent_from(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    end = _last(lines)
    taken: list[Line] = []
    while end > 0 and len(taken) < 5 and not lines[end - 1].depth and is_sent_from(lines[end - 1].text):
        taken.insert(0, lines[end - 1])
        end = _last(lines[: end - 1])
    if end > 0 and taken and _DASHES.fullmatch(lines[end - 1].text):
        end -= 1
    return list(lines[:end]), taken


def _last(lines: Sequence[Line]) -> int:
    end = len(lines)
    while end > 0 and lines[end - 1].is_blank:
        end -= 1
    return end


def _without_dashes(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    starts = [index for index, line in enumerate(lines) if not line.depth and _DASHES.fullmatch(line.text)]
    for start in reversed(starts[-5:]):
        below = list(lines[start + 1 :])
        end = next((index for index, line in enumerate(below) if _POSTSCRIPT.match(line.text)), len(below))
        if _is_signature(below[:end], lines[:start], lines[start].text):
            return [*lines[:start], *([Line("")] if below[end:] else []), *below[end:]], below[:end]
    return list(lines), []


def _is_signature(below: Sequence[Line], above: Sequence[Line], mark: str) -> bool:
    """Whether a signature stands below a line of dashes. `-- ` is the standard's own (RFC 3676 section 4.3); without the blank, which
    some programs drop and some people write between two thoughts, a name must follow."""
    if mark not in ("-- ", "--") or any(line.depth for line in below) or all(line.is_blank for line in above):
        return False
    texts = [line.text.strip() for line in below if not line.is_blank]
    notice = next((index for index, text in enumerate(texts) if _NOTICE.search(text)), len(texts))
    own, legal = texts[:notice], _LINK.sub("", " ".join(texts[notice:]))
    joined = _LINK.sub("", " ".join(own))
    if len(own) > MAX_LINES or len(joined) > MAX_LETTERS or len(legal) > MAX_NOTICE:
        return False
    if _ASKS.search(joined) or _ASKS.search(legal) or _reads_as_text(own):
        return False
    return mark == "-- " or not own or _is_name(own[0])


def _reads_as_text(texts: Sequence[str]) -> bool:
    """Whether sentences stand there: a signature is made of short lines."""
    plain = [_LINK.sub("", text) for text in texts]
    has_sentence = any(text[:1].islower() and len(text.split()) >= 4 for text in plain)
    return has_sentence or any(len(re.findall(r"[.!](?:\s|$)", text)) >= 2 or len(text) > 120 for text in plain)


def _is_name(text: str) -> bool:
    words = text.strip("*_ ").split()
    if not 1 <= len(words) <= 6 or any(char.isdigit() for char in text):
        return False
    return all(
        not word[0].islower() or word in ("von", "van", "de", "der", "den", "la", "du", "da", "di", "y", "and", "und")
        for word in words
    )
