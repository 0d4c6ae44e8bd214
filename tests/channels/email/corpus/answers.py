# ruff: noqa: E501 (mails as programs write them)
"""Answers above what they quote, as programs of many languages write them."""

from tests.channels.email.corpus.case import Case

SAID = "Hello Ana,\nyour parcel 1042 is on its way.\nIt arrives on Tuesday."
_QUOTED = "\n".join(f"> {line}" for line in SAID.split("\n"))

SENTENCES = {
    "en-gmail": "On Fri, Nov 20, 2026 at 10:00 AM Shop <support@shop.example> wrote:",
    "en-gmail-two-lines": "On Fri, Nov 20, 2026 at 10:00 AM Shop Customer Service\n<support@shop.example> wrote:",
    "en-apple": "On 20 Nov 2026, at 10:00, Shop <support@shop.example> wrote:",
    "en-thunderbird": "On 20/11/2026 10:00, Shop wrote:",
    "en-broken": "On Fri, Nov 20, 2026 at 10:00 AM Shop <\nsupport@shop.example> wrote:",
    "de-gmail": "Am Fr., 20. Nov. 2026 um 10:00 Uhr schrieb Shop <support@shop.example>:",
    "de-thunderbird": "Am 20.11.2026 um 10:00 schrieb Shop:",
    "de-apple": "Am 20.11.2026 um 10:00 schrieb Shop <support@shop.example>:",
    "fr-gmail": "Le ven. 20 nov. 2026 à 10:00, Shop <support@shop.example> a écrit :",
    "fr-thunderbird": "Le 20/11/2026 à 10:00, Shop a écrit :",
    "es-gmail": "El vie, 20 nov 2026 a las 10:00, Shop (<support@shop.example>) escribió:",
    "es-thunderbird": "El 20/11/2026 a las 10:00, Shop escribió:",
    "pt-gmail": "Em sex., 20 de nov. de 2026 às 10:00, Shop <support@shop.example> escreveu:",
    "pt-thunderbird": "Às 10:00 de 20/11/2026, Shop escreveu:",
    "it-gmail": "Il giorno ven 20 nov 2026 alle ore 10:00 Shop <support@shop.example> ha scritto:",
    "it-thunderbird": "Il 20/11/2026 10:00, Shop ha scritto:",
    "nl-gmail": "Op vr 20 nov 2026 om 10:00 schreef Shop <support@shop.example>:",
    "nl-apple": "Op 20 nov. 2026, om 10:00 heeft Shop <support@shop.example> het volgende geschreven:",
    "sv-gmail": "Den fre 20 nov. 2026 kl 10:00 skrev Shop <support@shop.example>:",
    "da-gmail": "Den fre. 20. nov. 2026 kl. 10.00 skrev Shop <support@shop.example>:",
    "no-gmail": "fre. 20. nov. 2026 kl. 10:00 skrev Shop <support@shop.example>:",
    "fi-gmail": "pe 20. marrask. 2026 klo 10.00 Shop (support@shop.example) kirjoitti:",
    "pl-gmail": "pt., 20 lis 2026 o 10:00 Shop <support@shop.example> napisał(a):",
    "cs-gmail": "pá 20. 11. 2026 v 10:00 odesílatel Shop <support@shop.example> napsal:",
    "hu-gmail": "Shop <support@shop.example> ezt írta (időpont: 2026. nov. 20., P, 10:00):",
    "ro-gmail": "În vin., 20 nov. 2026 la 10:00, Shop <support@shop.example> a scris:",
    "ru-gmail": "пт, 20 нояб. 2026 г. в 10:00, Shop <support@shop.example>:",
    "ru-thunderbird": "20.11.2026 10:00, Shop пишет:",
    "uk-gmail": "пт, 20 лист. 2026 р. о 10:00 Shop <support@shop.example> пише:",
    "el-gmail": "Στις Παρ 20 Νοε 2026 στις 10:00 π.μ., ο χρήστης Shop <support@shop.example> έγραψε:",
    "tr-gmail": "Shop <support@shop.example>, 20 Kas 2026 Cum, 10:00 tarihinde şunu yazdı:",
    "ja-gmail": "2026年11月20日(金) 10:00 Shop <support@shop.example>:",
    "zh-gmail": "Shop <support@shop.example> 于2026年11月20日周五 10:00写道：",
    "ko-gmail": "2026년 11월 20일 (금) 오전 10:00, Shop <support@shop.example>님이 작성:",
    "he-gmail": "\u202bבתאריך יום ו׳, 20 בנוב׳ 2026 ב-10:00 מאת \u202aShop\u202c\u200f <\u202asupport@shop.example\u202c\u200f>:\u202c",
    "ar-gmail": "في الجمعة، 20 نوفمبر 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Shop <support@shop.example>:",
    "vi-gmail": "Vào Th 6, 20 thg 11, 2026 vào lúc 10:00 Shop <support@shop.example> đã viết:",
}

BLOCKS = {
    "en-outlook": "From: Shop <support@shop.example>\nSent: Friday, November 20, 2026 10:00 AM\nTo: Ana\nSubject: Your order",
    "en-outlook-rule": "________________________________\nFrom: Shop <support@shop.example>\nSent: Friday, 20 November 2026 10:00\n"
    "To: Ana <ana@example.com>\nSubject: Your order",
    "en-original": "-----Original Message-----\nFrom: Shop [mailto:support@shop.example]\nSent: Friday, November 20, 2026 10:00 AM\n"
    "To: Ana\nSubject: Your order",
    "de-outlook": "Von: Shop <support@shop.example>\nGesendet: Freitag, 20. November 2026 10:00\nAn: Ana\nBetreff: Ihre Bestellung",
    "de-original": "-----Ursprüngliche Nachricht-----\nVon: Shop\nGesendet: Freitag, 20. November 2026 10:00\nAn: Ana\nBetreff: x",
    "fr-outlook": "De : Shop <support@shop.example>\nEnvoyé : vendredi 20 novembre 2026 10:00\nÀ : Ana\nObjet : Votre commande",
    "es-outlook": "De: Shop <support@shop.example>\nEnviado: viernes, 20 de noviembre de 2026 10:00\nPara: Ana\nAsunto: Su pedido",
    "pt-outlook": "De: Shop <support@shop.example>\nEnviada em: sexta-feira, 20 de novembro de 2026 10:00\nPara: Ana\nAssunto: x",
    "it-outlook": "Da: Shop <support@shop.example>\nInviato: venerdì 20 novembre 2026 10:00\nA: Ana\nOggetto: Il tuo ordine",
    "nl-outlook": "Van: Shop <support@shop.example>\nVerzonden: vrijdag 20 november 2026 10:00\nAan: Ana\nOnderwerp: Uw order",
    "sv-outlook": "Från: Shop <support@shop.example>\nSkickat: den 20 november 2026 10:00\nTill: Ana\nÄmne: Din order",
    "pl-outlook": "Od: Shop <support@shop.example>\nWysłano: piątek, 20 listopada 2026 10:00\nDo: Ana\nTemat: Zamówienie",
    "ja-outlook": "差出人: Shop <support@shop.example>\n送信日時: 2026年11月20日 10:00\n宛先: Ana\n件名: ご注文",
    "zh-outlook": "发件人: Shop <support@shop.example>\n发送时间: 2026年11月20日 10:00\n收件人: Ana\n主题: 订单",
    "en-bold": "*From:* Shop <support@shop.example>\n*Sent:* Friday, November 20, 2026 10:00 AM\n*To:* Ana\n*Subject:* Your order",
}
_MINE = "Thanks, but it did not arrive.\n\nCan you look?"

CASES = [
    *(Case(f"top-{name}", f"{_MINE}\n\n{line}\n\n{_QUOTED}\n", _MINE) for name, line in SENTENCES.items()),
    *(Case(f"block-{name}", f"{_MINE}\n\n{block}\n\n{SAID}\n", _MINE) for name, block in BLOCKS.items()),
    Case(
        "yahoo-no-marks",
        f"{_MINE}\n\nOn Friday, November 20, 2026 at 10:00 AM, Shop <support@shop.example> wrote:\n\n{SAID}\n",
        _MINE,
    ),
    Case(
        "reply-line", f"{_MINE}\n\n--- Merci de répondre ---\n\n{SAID}\n", _MINE, known=("--- Merci de répondre ---",)
    ),
    Case("known-no-marks", f"{_MINE}\n\n{SAID}\n", _MINE, known=(SAID,)),
    Case("known-marks-only", f"{_MINE}\n\n{_QUOTED}\n", _MINE, known=(SAID,)),
    Case("known-weak-sentence", f"{_MINE}\n\nShop wrote:\n\n{_QUOTED}\n", f"{_MINE}\n\nShop wrote:", known=(SAID,)),
    Case(
        "nested",
        f"{_MINE}\n\n{SENTENCES['en-gmail']}\n\n{_QUOTED}\n> On 19 Nov 2026 at 9:00, Ana <a@x.test> wrote:\n>> Where is it?\n",
        _MINE,
    ),
    Case(
        "sign-then-quote",
        f"{_MINE}\n\n-- \nAna Perez\n+1 555 0100\n\n{SENTENCES['en-gmail']}\n{_QUOTED}\n",
        _MINE,
        signature="Ana Perez\n+1 555 0100",
    ),
    Case(
        "phone-then-quote",
        f"{_MINE}\n\nSent from my iPhone\n\n{SENTENCES['en-apple']}\n\n{_QUOTED}\n",
        _MINE,
        signature="Sent from my iPhone",
    ),
    Case(
        "quote-then-phone",
        f"{_MINE}\n\n{SENTENCES['en-apple']}\n\n{_QUOTED}\n\nSent from my iPhone\n",
        _MINE,
        signature="Sent from my iPhone",
    ),
    Case(
        "dashes",
        f"{_MINE}\n\n-- \nAna\nhttps://ana.example?utm=mail\n",
        _MINE,
        signature="Ana\nhttps://ana.example?utm=mail",
    ),
    Case(
        "inline",
        f"{SENTENCES['en-gmail']}\n> Which size?\n\nM please.\n\n> Which colour?\n\nRed.\n\n> Regards, Shop\n",
        f"{SENTENCES['en-gmail']}\n> Which size?\n\nM please.\n\n> Which colour?\n\nRed.",
    ),
    Case(
        "below",
        f"{SENTENCES['en-gmail']}\n> Which size?\n\nM please.\n",
        f"{SENTENCES['en-gmail']}\n> Which size?\n\nM please.",
    ),
    Case("quote-only-known", f"{SENTENCES['en-gmail']}\n{_QUOTED}\n", SENTENCES["en-gmail"], known=(SAID,)),
    Case("quote-only", f"{SENTENCES['en-gmail']}\n{_QUOTED}\n", f"{SENTENCES['en-gmail']}\n{_QUOTED}"),
]

CASES += [
    Case(f"close-{name}", f"{_MINE}\n{line}\n{_QUOTED}\n", _MINE)
    for name, line in SENTENCES.items()
    if name[:2] in ("en", "de", "fr")
]
_LONG = "Thanks for the mail of 12 May 10:00 about the parcel that I wait for"
CASES += [Case("close-long", f"{_LONG}\n{SENTENCES['en-gmail-two-lines']}\n{_QUOTED}\n", _LONG)]

_DEVICES = (
    "Sent from my iPhone", "Sent from my Samsung Galaxy smartphone.", "Sent from Yahoo Mail for iPhone", "Sent from Outlook for Android",
    "Get Outlook for iOS<https://aka.ms/o0ukef>", "Von meinem iPhone gesendet", "Gesendet von meinem iPad", "Envoyé de mon iPhone",
    "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone", "Verstuurd vanaf mijn iPhone", "Skickat från min iPhone",
    "Lähetetty iPhonesta", "Wysłane z iPhone'a", "Отправлено с iPhone", "iPhoneから送信", "发自我的iPhone", "나의 iPhone에서 보냄", "נשלח מה-iPhone שלי",
    "Sent from Mail for Windows 10", "Sent with Proton Mail secure email.", "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
)  # fmt: skip
CASES += [
    Case(f"device-{number}", f"{_MINE}\n\n{line}\n", _MINE, signature=line) for number, line in enumerate(_DEVICES)
]

_MARK = "--- Please reply above this line ---"
_NOTICE = "This e-mail is confidential. If you are not the intended recipient, delete it. It may hold viruses. Example Ltd is registered in England."
CASES += [
    Case("marker", f"{_MINE}\n\n{_MARK}\n\n{SAID}\n", _MINE, known=(_MARK, "--- Bitte antworten ---")),
    Case(
        "marker-strange-sentence",
        f"{_MINE}\n\nzz 20 xx 2026 10:00 Shop <s@shop.example> qq:\n\n{_MARK}\n\n{SAID}\n",
        _MINE,
        known=(_MARK,),
    ),
    Case("date-only", f"{_MINE}\n\nOn Fri, Nov 20, 2026, Shop wrote:\n{_QUOTED}\n", _MINE),
    Case("date-only-de", f"{_MINE}\n\nAm 20.11.2026 schrieb Shop:\n{_QUOTED}\n", _MINE),
    Case("date-only-fr", f"{_MINE}\n\nLe 20 novembre 2026, Shop a écrit :\n{_QUOTED}\n", _MINE),
    Case("date-only-es", f"{_MINE}\n\nEl 20 de noviembre de 2026, Shop escribió:\n{_QUOTED}\n", _MINE),
    Case(
        "rule-two-headers", f"{_MINE}\n\n________________________________\nFrom: Shop\nSent: Friday\n\n{SAID}\n", _MINE
    ),
    Case("original-two-headers", f"{_MINE}\n\n-----Original Message-----\nFrom: Shop\nSent: Friday\n\n{SAID}\n", _MINE),
    Case(
        "two-headers",
        f"{_MINE}\n\nFrom: Shop <s@shop.example>\nSent: Friday, November 20, 2026 10:00 AM\n\n{SAID}\n",
        _MINE,
    ),
    Case(
        "notice",
        f"{_MINE}\n\n-- \nAna Perez\nOrder Desk Manager\n\n{_NOTICE}\n",
        _MINE,
        signature=f"Ana Perez\nOrder Desk Manager\n\n{_NOTICE}",
    ),
    Case("dashes-without-blank", f"{_MINE}\n--\nAna de la Cruz\n+34 555\n", _MINE, signature="Ana de la Cruz\n+34 555"),
]
CASES += [
    Case(
        "gmx-block",
        f'{_MINE}\n\nGesendet: Montag, 5. Januar 2026 um 10:00 Uhr\nVon: "Shop" <s@shop.example>\nAn: a@x.test\nBetreff: x\n\n{SAID}',
        _MINE,
    ),
    Case(
        "sentence-in-quote",
        f"{_MINE}\n\n> On Jan 5, 2026, at 10:00 AM, Shop <s@shop.example> wrote:\n>\n{_QUOTED}\n",
        _MINE,
    ),
    Case(
        "zoho-text",
        f"{_MINE}\n\n---- On Mon, 05 Jan 2026 10:00:00 +0100 Shop <s@shop.example> wrote ----\n\n{_QUOTED}\n",
        _MINE,
    ),
    Case(
        "proton-text",
        f"{_MINE}\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, January 5th, 2026 at 10:00 AM, Shop <s@shop.example> wrote:\n\n{_QUOTED}\n",
        _MINE,
    ),
    Case("sign-below-quote", f"{_MINE}\n\n{SENTENCES['en-gmail']}\n{_QUOTED}\n\n-- \nAna\n", _MINE, signature="Ana"),
    Case(
        "inline-and-sign",
        f"{SENTENCES['en-gmail']}\n> Which size?\n\nM please.\n\n> Regards\n\n-- \nAna\n",
        f"{SENTENCES['en-gmail']}\n> Which size?\n\nM please.",
        signature="Ana",
    ),
    Case("quoting", f"{_MINE}\n\nQuoting Shop <s@shop.example>:\n\n{_QUOTED}\n", _MINE),
    Case("turned", f"{_MINE}\n\nShop <s@shop.example> schrieb am Mo., 5. Jan. 2026, 10:00:\n\n{_QUOTED}\n", _MINE),
    Case(
        "android",
        f"{_MINE}\n\n-------- Original message --------\nFrom: Shop <s@x.test>\nDate: 1/5/26 10:00 AM (GMT+01:00)\nTo: Ana\n\n{SAID}",
        _MINE,
    ),
]
