# ruff: noqa: E501 (mails as people write them)
"""Mails in which every word is the customer's, though it looks like a quote, a header or a signature."""

from tests.channels.email.corpus.case import Case, trap

TRAPS: list[Case] = [
    trap("on-friday", "On Friday I ordered a scarf and your colleague wrote:\n\nIt will come on Monday.\n\nIt did not."),
    trap("on-friday-only", "On Friday I ordered two shirts and nobody wrote:"),
    trap("on-date", "On 12 May your driver wrote:\nNobody at home.\nI was at home all day!"),
    trap("on-date-quote-below", "On Friday the page wrote:\n> Delivery in 2 days\n\nThat was a week ago. Where is it?"),
    trap("page-said", "Your page wrote:\n> Delivery in 2 days"),
    trap("from-my-phone", "From: my phone I cannot log in\nSent: nothing\n\nPlease help."),
    trap("from-to-journey", "From: Berlin\nTo: Hamburg\n\nCan you ship that way?"),
    trap("from-to-date", "From: Berlin\nTo: Hamburg\nDate: next week\n\nHow much is shipping?"),
    trap("three-labels", "Subject: my shoes\nTo: whoever reads this\nFrom: an angry customer\n\nThey broke."),
    trap("von-bis", "Von: Ana\nAn: Sie\nBetreff: Rechnung\n\nIch brauche eine Rechnung für 1042."),
    trap("date-line", "Date: 12 May 2026\nOrder: 1042\n\nThe above order never came."),
    trap("dashes-in-text", "First order: 1042\n-----\nSecond order: 1043\n\nBoth are late."),
    trap("long-dashes", "I have two problems.\n----------------------------------------\n1. late\n2. broken"),
    trap("underscores", "Name: Ana\n________________________________\nThe parcel was open. I want my money back."),
    trap("equals", "Order 1\n==========\nOrder 2"),
    trap("stars", "***** wrong item *****\nI got a hat."),
    trap("two-dashes-question", "Hi\n--\nwhere is my order 1042?"),
    trap("two-dashes-text", "The first part is fine.\n--\nThe second part came broken. I want a new one. Please send it soon."),
    trap("em-dash", "I want to return it\n—\nthe blue one, not the red one"),
    trap("poem", "My poem for you:\n\n> Roses are red\n> parcels are blue\n> mine did not come\n> what shall I do"),
    trap("poem-end", "I wrote this about your shop\n\n> so late\n> so late"),
    trap("arrows", "> I clicked on returns\n> and then on print\n\nand nothing happened"),
    trap("arrows-only", "> where is my order 1042"),
    trap("math", "5 > 3 but you sent 3\n> 2 are missing"),
    trap("hyphen-list", "Missing:\n- one scarf\n- two hats\n-Ana"),
    trap("hyphen-name", "Where is it\n- Ana"),
    trap("best-regards-middle", "Best regards from Berlin! My order 1042 is late.\nPlease check."),
    trap("thanks-first", "Thanks,\nbut the shoes are too small. Can I swap them?"),
    trap("thank-you-first", "Thank you, the parcel came.\nBut one item is missing."),
    trap("thanks-middle", "I got it.\n\nThank you,\nbut where is the second one?"),
    trap("regards-then-more", "Order 1042 is late.\n\nKind regards\nAna\n\nPS: order 1043 too!"),
    trap("dashes-then-ps", "Order 1042 is late.\n\n-- \nAna\n\nPS: order 1043 too!", "Order 1042 is late.\n\nPS: order 1043 too!"),
    trap("iphone-text", "Sent from my iPhone because my laptop order 1042 never arrived."),
    trap("iphone-middle", "Sent from my iPhone\n\nthe screen is broken, I want to return it"),
    trap("sent-from-warehouse", "It was sent from my old address"),
    trap("sent-from-shop", "Sent from your shop on Monday"),
    trap("gesendet-von", "Gesendet von DHL am Montag, angekommen ist nichts."),
    trap("enviado-desde", "Enviado desde Madrid hace dos semanas"),
    trap("disclaimer", "Warning: the plug got hot.\nDisclaimer: I am no electrician."),
    trap("confidential", "Confidential: it is a present for my wife, do not call at home."),
    trap("caution", "Caution: the glass was broken, I cut my hand."),
    trap("hinweis", "Hinweis: Die Hose ist zu klein.\nAchtung: bitte nur umtauschen."),
    trap("original-message-words", "The original message said Tuesday.\nIt is Friday now."),
    trap("original-message-rule", "----- original message was lost -----\nso I write again: where is 1042?"),
    trap("forward-words", "I forwarded message 5 to you yesterday. Nothing happened."),
    trap("begin-forwarded", "Please forward this to your boss:\nI am not happy."),
    trap("wrote-colon-address", "Your agent Kim (kim@shop.example) wrote:\nwe refund you.\nNo money came."),
    trap("date-time-wrote", "On 12/05/2026 at 10:00 your courier wrote:\nwe left it at the door.\nNothing was there."),
    trap("de-date-time", "Am 12.05.2026 um 10:00 schrieb mir Ihr Bote:\nniemand da.\nIch war aber da!"),
    trap("fr-date-time", "Le 12/05/2026 à 10:00 votre livreur a écrit :\npersonne.\nJ'étais là !"),
    trap("es-date-time", "El 12/05/2026 a las 10:00 el repartidor escribió:\nausente.\n¡Estaba en casa!"),
    trap("pt-date-time", "Em 12/05/2026 às 10:00 o entregador escreveu:\nausente.\nEu estava em casa!"),
    trap("le-order", "Le colis est arrivé ouvert. Votre collègue a écrit :\ntout va bien.\nNon."),
    trap("el-order", "El vestido que escribió:\nno es el mío"),
    trap("he-wrote", "Kim from your team wrote:\n\n> we will call you\n\nNobody called. My order is 1042."),
    trap("ja-date", "2026年11月20日に注文しました:\n商品が届きません。"),
    trap("he-text", "הזמנתי ביום שישי:\nלא הגיע כלום"),
    trap("address-list", "Please send it to:\nAna <ana@example.com>\n12 Main Street\n10:00 is a good time"),
    trap("short", "ok"),
    trap("one-letter-lines", "1\n2\n3"),
    trap("emoji", "😡😡😡"),
    trap("number", "1042"),
    trap("cut-here", "--- cut here ---\nserial number 55\n--- cut here ---"),
    trap("signature-with-question", "Hello\n\n-- \nAna\nWhen will order 1042 arrive?"),
    trap("signature-first", "-- \nAna\nmy order 1042 is late"),
    trap("markdown", "# Problem\n\n> the box\n\nwas *open*\n\n---\n\nAna"),
    trap("headers-of-form", "Name: Ana\nEmail: ana@example.com\nOrder: 1042\nMessage: it is broken"),
    trap("re-fwd", "thanks for passing this on", subject="Re: Fwd: order"),
    trap("subject-tracking", "where is it", subject="Tracking: 1042"),
    trap("log", "Error:\n  File \"a.py\", line 1\n> assertion\n>>> 1 + 1\n2"),
    trap("reply-above-quote-then-more", "yes\n\nOn Fri, Nov 20, 2026 at 10:00 AM Shop <s@shop.example> wrote:\n> red?\n\nand one more thing: also in M",
         "yes\n\nOn Fri, Nov 20, 2026 at 10:00 AM Shop <s@shop.example> wrote:\n> red?\n\nand one more thing: also in M"),
    trap("short-answer-between-long", "On Fri, Nov 20, 2026 at 10:00 AM Shop <s@shop.example> wrote:\n"
         "> Would you like us to send you a new scarf in the same colour as before?\nYes please\n"
         "> And may we ask you to send the broken one back to us with the label that we sent?",
         "On Fri, Nov 20, 2026 at 10:00 AM Shop <s@shop.example> wrote:\n"
         "> Would you like us to send you a new scarf in the same colour as before?\nYes please"),
]  # fmt: skip

_HEAD = "From: Vendor <v@vendor.example>\nDate: Fri, 20 Nov 2026 10:00\nSubject: Delay\nTo: Ana <ana@example.com>"
_FORWARD_LINES = {
    "gmail": "---------- Forwarded message ---------",
    "apple": "Begin forwarded message:",
    "thunderbird": "-------- Forwarded Message --------",
    "de": "---------- Weitergeleitete Nachricht ----------",
    "de-apple": "Anfang der weitergeleiteten Nachricht:",
    "fr": "---------- Message transféré ---------",
    "es": "---------- Mensaje reenviado ---------",
    "pt": "---------- Mensagem encaminhada ---------",
    "it": "---------- Messaggio inoltrato ---------",
    "nl": "---------- Doorgestuurd bericht ---------",
}
TRAPS += [
    Case(f"forward-{name}", f"See below\n\n{line}\n{_HEAD}\n\nLate by a week.", f"See below\n\n{line}\n{_HEAD}\n\nLate by a week.",
         subject="Fwd: Delay", is_trap=True, is_forwarded=True)
    for name, line in _FORWARD_LINES.items()
]  # fmt: skip
TRAPS += [
    Case("forward-no-words", f"---------- Forwarded message ---------\n{_HEAD}\n\nLate.",
         f"---------- Forwarded message ---------\n{_HEAD}\n\nLate.", subject="Delay", is_trap=True, is_forwarded=True),
    *(Case(f"forward-outlook-{prefix}", f"siehe unten\n\n{_HEAD}\n\nLate.", f"siehe unten\n\n{_HEAD}\n\nLate.",
           subject=f"{prefix}: Delay", is_trap=True, is_forwarded=True) for prefix in ("WG", "TR", "RV", "FW", "Fwd", "ENC", "VS", "転送")),
    Case("answer-to-forward", "ok\n\nOn Fri, Nov 20, 2026 at 10:00 AM Shop <s@shop.example> wrote:\n> -------- Forwarded Message --------\n> x",
         "ok", subject="Re: Fwd: Delay", is_trap=True),
]  # fmt: skip
TRAPS += [
    trap("dates-of-mine", "Date: 5 January 2026\nTo: whom it may concern\nSubject: complaint\n\nMy order 1042 is late."),
    trap("quoted-log-end", "it says\n> On Jan 5 the parcel left\n> On Jan 6 it was lost"),
    trap("dashes-then-words", "Hi\n--\nSize 42 please, not 43"),
    trap("date-only-unmarked", "On 12 May 2026 your page wrote:\nin stock.\nIt was not."),
    trap("date-only-more-below", "On 12 May 2026 your page wrote:\n> in stock\nIt was not."),
    trap("rule-then-from", "I ordered these:\n________________________________\nFrom: the sale\nColour: red"),
    trap("two-labels", "From: Ana\nSent: 3 parcels at 10:00\nI want all three back."),
    Case("refund-refused", "The scarf is late.\nOn 12 May 2026 your agent Kim (kim@shop.example) wrote:\nwe refund you.\nNo money came.",
         "The scarf is late.\nOn 12 May 2026 your agent Kim (kim@shop.example) wrote:\nwe refund you.\nNo money came.", is_trap=True),
    Case("bare-sentence", "Thanks\n\nShop <s@shop.example> wrote:\n> On its way", "Thanks", is_trap=True),
    Case("bare-sentence-unmarked", "Look:\nShop <s@shop.example> wrote:\non its way. Is that true?",
         "Look:\nShop <s@shop.example> wrote:\non its way. Is that true?", is_trap=True),
]  # fmt: skip
# Where nothing would be left the whole text is shown, which hides a wrong cut: each trap once more below a line of its own.
TRAPS += [
    Case(f"below-{case.name}", f"Dear shop,\n\n{case.text}", f"Dear shop,\n\n{case.reply}", subject=case.subject, is_trap=True,
         is_forwarded=case.is_forwarded)
    for case in list(TRAPS)
]  # fmt: skip
