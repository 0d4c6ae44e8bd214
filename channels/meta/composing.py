"""Our words as Meta's JSON: text, buttons, lists, quick replies, templates. Pure.

Choices are shown as what the channel has for them. A title that is too long is cut between words, and no two are alike: on a
WhatsApp list the whole label stands below. Lengths are Meta's own, in characters unless they say bytes.
Source: Meta, WhatsApp Cloud API, "Interactive reply buttons", "Interactive lists", "Templates"; Messenger, "Quick replies".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from channels.degrading import in_text
from channels.errors import Refused, WindowShut
from channels.message import Choice, Outbound
from channels.phones import is_number

HUMAN_AGENT: Final = "human_agent"
"""The name of the template that is none: a person answers Instagram or Messenger after 24 hours, under Meta's tag."""
_BUTTONS: Final = 3
_BUTTON_TITLE: Final = 20
_BUTTON_BODY: Final = 1024
_BUTTON_ID: Final = 256
_ROWS: Final = 10
_ROW_TITLE: Final = 24
_ROW_ID: Final = 200
_DESCRIPTION: Final = 72
_QUICK_REPLIES: Final = 13
_QUICK_TITLE: Final = 20
_PAYLOAD: Final = 1000
_TEMPLATE_TEXT: Final = 1024
_KEY: Final = 512
_OPEN_LIST: Final = {"en": "Choose", "es": "Elegir", "fr": "Choisir", "de": "Auswählen", "pt": "Escolher"}
"""The button that opens a list, in the customer's language."""
_SPACES: Final = re.compile(r"\s+")

Body = dict[str, Any]


def whatsapp(outbound: Outbound, templates: Sequence[str] = ()) -> Body:
    """A WhatsApp message. `templates` are `name=template:language`. Raises Refused, WindowShut."""
    body: Body = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(outbound)}
    body["biz_opaque_callback_data"] = outbound.key[:_KEY]
    if outbound.template:
        return body | _template(outbound, templates)
    if not outbound.choices:
        return body | {"type": "text", "text": {"preview_url": False, "body": outbound.text}}
    interactive = _buttons(outbound) or _list(outbound)
    if interactive is None:
        return body | {"type": "text", "text": {"preview_url": False, "body": _numbered(outbound)}}
    return body | {"type": "interactive", "interactive": interactive}


def messenger(outbound: Outbound) -> Body:
    """A message of the page. Our key travels along and comes back in the echo."""
    body = instagram(outbound)
    body["message"]["metadata"] = outbound.key[:_PAYLOAD]
    return body


def instagram(outbound: Outbound) -> Body:
    """A message of the Instagram account."""
    message: Body = {"text": outbound.text}
    if _fits(outbound.choices, _QUICK_REPLIES, _PAYLOAD):
        shown = titles([each.label for each in outbound.choices], _QUICK_TITLE)
        message["quick_replies"] = [
            {"content_type": "text", "title": title, "payload": each.value}
            for title, each in zip(shown, outbound.choices, strict=True)
        ]
    elif outbound.choices:
        message["text"] = _numbered(outbound)
    body: Body = {"recipient": {"id": outbound.to.key}, "messaging_type": "RESPONSE", "message": message}
    if outbound.template == HUMAN_AGENT:
        if outbound.author != "agent":
            raise WindowShut("only a person may answer on this channel now")
        body |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return body


def titles(labels: Sequence[str], longest: int) -> list[str]:
    """Labels of at most `longest` characters, cut between words where they must be, no two alike."""
    shown: list[str] = []
    for label in labels:
        title = _cut(_SPACES.sub(" ", label).strip() or "…", longest)
        number = 2
        while title in shown:
            mark = f" ({number})"
            title, number = _cut(label, longest - len(mark)) + mark, number + 1
        shown.append(title)
    return shown


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) >= longest // 2 else kept).rstrip(" ,.;:-") + "…"


def _recipient(outbound: Outbound) -> Body:
    """By the number as WhatsApp wrote it, else by the user id: a number keeps numbers in what comes back."""
    for known in (outbound.to.display, outbound.to.key):
        if is_number(known):
            return {"to": known.removeprefix("+")}
    if not outbound.to.key:
        raise Refused("this address is no WhatsApp number and no user id")
    return {"recipient": outbound.to.key}


def _fits(choices: Sequence[Choice], most: int, longest_value: int) -> bool:
    return bool(choices) and len(choices) <= most and all(0 < len(each.value) <= longest_value for each in choices)


def _buttons(outbound: Outbound) -> Body | None:
    """Up to three buttons, where their labels are short enough to stand there whole."""
    choices = outbound.choices
    is_short = all(len(each.label) <= _BUTTON_TITLE for each in choices) and len(outbound.text) <= _BUTTON_BODY
    if not is_short or not _fits(choices, _BUTTONS, _BUTTON_ID):
        return None
    shown = titles([each.label for each in choices], _BUTTON_TITLE)
    buttons = [
        {"type": "reply", "reply": {"id": each.value, "title": title}}
        for title, each in zip(shown, choices, strict=True)
    ]
    return {"type": "button", "body": {"text": outbound.text}, "action": {"buttons": buttons}}


def _list(outbound: Outbound) -> Body | None:
    choices = outbound.choices
    if not _fits(choices, _ROWS, _ROW_ID):
        return None
    shown = titles([each.label for each in choices], _ROW_TITLE)
    rows = [_row(title, each) for title, each in zip(shown, choices, strict=True)]
    button = _OPEN_LIST.get(outbound.language.partition("-")[0], _OPEN_LIST["en"])
    return {
        "type": "list",
        "body": {"text": outbound.text},
        "action": {"button": button, "sections": [{"rows": rows}]},
    }


def _row(title: str, choice: Choice) -> Body:
    row: Body = {"id": choice.value, "title": title}
    return row if title == choice.label else row | {"description": _cut(choice.label, _DESCRIPTION)}


def _numbered(outbound: Outbound) -> str:
    return in_text(outbound.text, [(each.label, each.value) for each in outbound.choices])


# Templates


def named(templates: Sequence[str], name: str) -> dict[str, str]:
    """The templates that may carry this, by language: `reply=order_answer:en_US` is {"en_US": "order_answer"}."""
    found = {}
    for each in templates:
        key, _, value = each.partition("=")
        template, _, language = value.partition(":")
        if key.strip() == name and template.strip() and language.strip():
            found[language.strip()] = template.strip()
    return found


def _template(outbound: Outbound, templates: Sequence[str]) -> Body:
    by_language = named(templates, outbound.template)
    if not by_language:
        raise WindowShut(f"meta.templates names no template for {outbound.template}")
    text = _SPACES.sub(" ", _numbered(outbound) if outbound.choices else outbound.text).strip()
    if len(text) > _TEMPLATE_TEXT:
        raise WindowShut("the 24-hour window is over, and a template carries no text as long as this")
    language = _language(by_language, outbound.language)
    parameters = [{"type": "text", "text": text}]
    template = {
        "name": by_language[language],
        "language": {"code": language},
        "components": [{"type": "body", "parameters": parameters}],
    }
    return {"type": "template", "template": template}


def _language(by_language: Mapping[str, str], wanted: str) -> str:
    """The customer's language where there is a template in it, else the first that is named."""
    wanted = wanted.replace("-", "_").casefold()
    for code in by_language:
        if code.casefold() == wanted:
            return code
    short = wanted.partition("_")[0]
    return next((code for code in by_language if code.casefold().partition("_")[0] == short), next(iter(by_language)))
