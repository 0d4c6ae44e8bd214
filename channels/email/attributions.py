"""The lines by which mail programs introduce what they quote, in many languages.

Three forms: a sentence before the quote ("On ... Ana wrote:"), a block of headers ("From: ... Sent: ... Subject: ..."), and a line
of its own ("-----Original Message-----"). A customer may write each of them too, so a sentence counts only with what programs put
into it and people hardly do (a date in digits with a time, or an address in brackets), and a block only when it holds a sender, a
date in digits and a third header. mail-parser-reply is asked about sentences in the languages that it knows.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]

MAX_SENTENCE: Final = 400
"""Letters of an introducing sentence. The library's patterns need time that grows with the square of it."""

_BIDI: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_ADDRESS: Final = re.compile(r"[<\[(](?:mailto:)?[^\s<>\[\]()@]+@[^\s<>\[\]()@]+\.[^\s<>\[\]()@]+[>\])]")
_ANGLE: Final = re.compile(r"<(?:mailto:)?[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+>")
_HAS_AT: Final = re.compile(r"[^\s<>@]@[^\s<>@]+\.[^\s<>@]")
_AT_END: Final = re.compile(r">\s?[:：]$")
_BARE: Final = re.compile(r"[^<>]{0,80}<[^\s<>@]+@[^\s<>@]+>([^<>]{2,40})[:：]")
_QUOTING: Final = re.compile(
    r"(?:quoting|zitat von|citando a?|citation de|citerar|citeren) [^<>]{0,80}<[^\s<>@]+@[^\s<>@]+>\s?:", re.IGNORECASE
)
_DATED: Final = re.compile(
    r"(?:on|am|le|el|em|no dia|il|op|den|dne|dnia|w dniu|în|pe)?[\s:]*(?:[^\W\d]{2,12}[.,]{0,2}\s+){0,2}"
    r"(?:\d{1,2}[.,]?\s+(?:de\s+)?[^\W\d]{3,12}[.,]{0,2}\s+(?:de\s+)?(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d"
    r"|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}|\d{1,2},?\s+(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?<!\d)[0-2]?\d\s?[:.h]\s?[0-5]\d(?!\d)|(?<!\d)[0-2]?\d時|\b[0-1]?\d\s?[ap]\.?m\b", re.IGNORECASE
)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DATE: Final = re.compile(
    r"(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)|(?<!\d)[0-3]?\d[.]?\s+(?:de\s+)?[^\W\d]{3,12}"
    r"|[^\W\d]{3,12}\s+[0-3]?\d(?!\d)"
)

_VERB: Final = re.compile(
    r"wrote|writes|skrev|skrifaði|kirjoitti|napisał(?:a|\(a\))?|pisze|napsal(?:a|\(a\))?|napísal(?:a|\(a\))?|írta|napisao"
    r"|schrieb|schrieben|hat geschrieben|schreef|het volgende geschreven|geschreven"
    r"|escribió|escribio|ha escrito|va escriure|escreveu|escreveram|a écrit|ha scritto|scrive|a scris"
    r"|написал(?:а|\(а\))?|пишет|написав(?:ла|\(ла\))?|пише|έγραψε|yazdı|şunu yazdı|написа|kirjutas|rašė|rakstīja"
    r"|のメール|さんは書きました|は書きました|님이 작성(?:하였습니다)?|写道|寫道|đã viết|menulis|เขียน(?:ว่า)?"
    r"|כתב(?:/ה|ה)?|מאת|كتب(?:ت)?|نوشت",
    re.IGNORECASE,
)
"""What somebody did, in the languages beside those of the library, and in forms that it misses."""

_LABELS: Final = {
    "from": "from|von|de|da|van|från|fra|od|lähettäjä|feladó|от|відправник|από|gönderen|kimden"
    "|差出人|送信者|发件人|寄件者|보낸 ?사람|מאת|من|expéditeur|remitente"
    "|afzender|avsändare|nadawca|mittente|pengirim|từ|จาก",
    "date": "sent|date|gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em"
    "|data|inviato|verzonden|skickat|sendt|dato|fecha|wysłano"
    "|odesláno|lähetetty|elküldve|dátum|отправлено|дата|надіслано|στάλθηκε|ημερομηνία|gönderildi"
    "|gönderilme tarihi|tarih|送信日時|日時|发送时间|日期|寄件日期"
    "|보낸 ?날짜|נשלח|תאריך|تاريخ|تم الإرسال|أُرسلت|päiväys|trimis|dikirim|tanggal",
    "to": "to|an|à|para|a|aan|till|til|do|komu|vastaanottaja|címzett|кому|προς|kime|alıcı|宛先"
    "|收件人|收件者|받는 ?사람|אל|إلى|destinatario|către|kepada|pour",
    "subject": "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|předmět"
    "|predmet|aihe|tárgy|тема|θέμα|konu|件名|主题|主旨|제목|נושא"
    "|الموضوع|subiect|perihal|subjek",
    "other": "cc|kopie|kopia|kopi|copie|copia|reply-to|antwort an|répondre à|organization"
    "|organisation|importance|wichtigkeit|attachments|anlagen|bcc"
    "|dw|kopio|másolat|копия|κοιν|bilgi|抄送|副本|참조|עותק|نسخة",
}
_LABEL: Final = re.compile(
    r"[*_\s]*(?:"
    + "|".join(rf"(?P<{name}>{words})" for name, words in _LABELS.items())
    + r")[*_]*\s?[:：]\s*[*_]*\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_ORIGINAL: Final = re.compile(
    r"[-‐_=\s*]{2,}\s*(?:original message|original appointment|reply message|ursprüngliche nachricht"
    r"|urspr(?:ü|ue)ngliche mail|originalnachricht|message d['’]origine"
    r"|message original|mensaje original|mensagem original|messaggio originale"
    r"|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande"
    r"|opprinnelig melding|oprindelig meddelelse|alkuperäinen viesti|wiadomość oryginalna"
    r"|oryginalna wiadomość|původní zpráva|pôvodná správa"
    r"|eredeti üzenet|исходное сообщение|оригинальное сообщение|αρχικό μήνυμα|özgün ileti"
    r"|orijinal mesaj|original-nachricht|元のメッセージ"
    r"|原始邮件|原始郵件|원본 메시지|הודעה מקורית|الرسالة الأصلية|mesaj original|izvorna poruka)\s*[-‐_=\s*]{2,}",
    re.IGNORECASE,
)
_FORWARD: Final = re.compile(
    r"(?:[-_=\s]{2,}\s*)(?:forwarded message|forwarded by .{1,80}|forwarded mail"
    r"|weitergeleitete (?:nachricht|e-?mail)|message transféré|message transmis|mensaje reenviado"
    r"|mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|doorgestuurd bericht"
    r"|vidarebefordrat (?:meddelande|mejl)|videresendt (?:melding|meddelelse|besked)"
    r"|välitetty viesti|wiadomość przekazana|przekazana wiadomość|přeposlaná zpráva"
    r"|továbbított üzenet|пересылаемое сообщение|переслане повідомлення|iletilen mesaj"
    r"|yönlendirilen ileti|προωθημένο μήνυμα|転送されたメッセージ|转发邮件|轉寄的郵件|전달된 메시지"
    r"|הודעה שהועברה|רסالة معاد توجيهها|رسالة معاد توجيهها)\s*(?:[-_=\s]{2,})"
    r"|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado"
    r"|início da mensagem (?:encaminhada|reencaminhada)|inizio messaggio inoltrato"
    r"|begin doorgestuurd bericht|vidarebefordrat brev)\s*[:：]",
    re.IGNORECASE,
)
_FORWARD_SUBJECT: Final = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|inoltra|doorst|vs|vb|pd|továbbítás|ilt|πρθ"
    r"|转发|轉寄|転送|전달|הועבר)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"\s*[_\-=*—–]{5,}\s*")
_LONG_RULE: Final = re.compile(r"\s*_{20,}\s*")


def is_original_line(text: str) -> bool:
    """Whether a line says that the earlier message follows: `-----Original Message-----`."""
    return len(text) < 120 and _ORIGINAL.fullmatch(text.strip()) is not None


def is_forward_line(text: str) -> bool:
    """Whether a line says that somebody else's message follows, which was passed on."""
    return len(text) < 200 and _FORWARD.fullmatch(text.strip()) is not None


def is_forward_subject(subject: str) -> bool:
    """Whether the outermost prefix of a subject is that of a forward (Fwd, WG, TR, RV, ...). `Re: Fwd:` is an answer."""
    return _FORWARD_SUBJECT.match(subject) is not None


def is_rule(text: str) -> bool:
    """A line that is drawn: underscores, dashes."""
    return len(text) < 200 and _RULE.fullmatch(text) is not None


def is_outlook_rule(text: str) -> bool:
    """The long line of underscores above the headers of an answered mail."""
    return len(text) < 200 and _LONG_RULE.fullmatch(text) is not None


def sentence_at(texts: Sequence[str], start: int) -> int:
    """How many lines the introducing sentence at `start` takes, 0 = there is none. Mail programs break it over up to four.

    Programs break long lines, never behind the end of a sentence: a customer's last line is not drawn into it."""
    joined = ""
    for count in range(1, 5):
        if start + count > len(texts):
            return 0
        line = texts[start + count - 1].strip()
        if not line or len(joined) + len(line) > MAX_SENTENCE:
            return 0
        joined = f"{joined} {line}".strip()
        if is_sentence(joined):
            return 0 if count > 1 and sentence_at(texts[: start + count], start + 1) else count
        if line.endswith((".", "!", "?", "…")) or (len(line) < 40 and not line.endswith((",", "<"))):
            return 0
    return 0


def is_sentence(text: str) -> bool:
    """Whether a text is a sentence by which a program introduces a quote."""
    text = _BIDI.sub("", text).strip().strip("*_").strip()
    if text.startswith("----") and text.endswith("----"):
        text = f"{text.strip('- ')}:"
    if len(text) < 10 or len(text) > MAX_SENTENCE or not text.endswith((":", "：")):
        return False
    has_address = _ADDRESS.search(text) is not None
    has_time = _TIME.search(text) is not None
    has_date = _YEAR.search(text) is not None or _DATE.search(text) is not None
    if has_address and (has_time or has_date):
        return True
    return has_time and has_date and (_VERB.search(text) is not None or _is_known_to_library(text))


def is_bare_sentence(text: str) -> bool:
    """Whether a line is a sentence with a writer's address or a full date alone, as some programs write it: it needs a marked quote
    below. `Ana <ana@example.com> wrote:`, `On 20 Nov 2026, Ana wrote:`."""
    text = _BIDI.sub("", text).strip()
    if len(text) > 200:
        return False
    match = _BARE.fullmatch(text)
    if (match is not None and _VERB.search(match[1]) is not None) or _QUOTING.fullmatch(text) is not None:
        return True
    return _DATED.match(text) is not None and text.endswith((":", "：")) and _VERB.search(text) is not None


def introduces(text: str) -> bool:
    """Whether a sentence surely introduces what stands below it without marks: it names its writer's address in angle brackets, which
    people hardly ever type, and says that they wrote, or nothing more."""
    text = _BIDI.sub("", text).strip()
    return _ANGLE.search(text) is not None and (_VERB.search(text) is not None or _AT_END.search(text) is not None)


@cache
def _library() -> re.Pattern[str]:
    patterns = [language["wrote_header"] for language in MAIL_LANGUAGES.values() if "wrote_header" in language]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _is_known_to_library(text: str) -> bool:
    return _library().match(text) is not None


def block_at(texts: Sequence[str], start: int, *, is_told: bool = False) -> int:
    """How many lines the block of headers at `start` takes, 0 = there is none.

    It begins with the sender or the date and holds a date in digits and a third header. The sender's address makes it sure, else a time
    and a fourth header must; with the address and a time two headers do;
    folded lines of recipients may stand between. `is_told` = a line above says that a message follows: two headers do."""
    labels: dict[str, str] = {}
    end, loose = start, 0
    for index in range(start, min(start + 14, len(texts))):
        label = _label(texts[index])
        if label is not None:
            labels.setdefault(label[0], label[1])
            end, loose = index + 1, 0
        elif not texts[index].strip() or loose >= 2 or not labels:
            break
        else:
            loose += 1
        if index == start and "from" not in labels and "date" not in labels:
            return 0
    return end - start if _is_head_of_mail(labels, is_told=is_told) else 0


def _is_head_of_mail(labels: Mapping[str, str], *, is_told: bool) -> bool:
    if "from" not in labels:
        return False
    if is_told:
        return len(labels) >= 2
    date = labels.get("date", "")
    has_time = _TIME.search(date) is not None
    has_date = _YEAR.search(date) is not None or _DATE.search(date) is not None
    if len(labels) == 2:
        return has_time and has_date and _ADDRESS.search(labels["from"]) is not None
    if len(labels) < 3 or not (has_date or has_time) or not any(char.isdigit() for char in date):
        return False
    return _HAS_AT.search(labels["from"]) is not None or (has_time and len(labels) >= 4)


def _label(text: str) -> tuple[str, str] | None:
    text = _BIDI.sub("", text)[:300]
    match = _LABEL.fullmatch(text)
    if match is None:
        return None
    name = next(name for name in _LABELS if match[name])
    return name, match["rest"]
