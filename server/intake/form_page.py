"""The support form as HTML: pure functions of what was filled in, what is wrong with it, words and settings.

It works without scripts, and there are none. Everything that somebody wrote is escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from server.intake.form_words import TOPICS, WORDS, FormWords
from server.settings import Settings

LONGEST: Final[Mapping[str, int]] = {"name": 80, "email": 254, "order": 40, "message": 10_000}
MOST_FILES: Final = 5
TRAP: Final = "website"
"""A field that people do not see."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the fields. `kept` are files that are here already, (id, name) each."""

    values: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[tuple[str, str], ...] = ()

    def of(self, name: str) -> str:
        """One field's text."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Page:
    """What every page of the form knows."""

    settings: Settings
    site: str
    language: str

    @property
    def words(self) -> FormWords:
        """The page's own words."""
        return WORDS[self.language]

    @property
    def path(self) -> str:
        """Where the form stands and is sent to, in this language."""
        return f"/form?site={escape(self.site)}&amp;lang={self.language}"


def form(page: Page, token: str, filled: Filled, errors: Mapping[str, str], notice: str = "") -> str:
    """The form, with what is wrong beside each field. `token` makes it one message however often it is sent."""
    words = page.words
    told = notice or (words.mend if errors else "")
    alert = f'<p class="alert" role="alert" id="alert">{escape(told)}</p>' if told else ""
    body = (
        f'<h1>{escape(words.title)}</h1><p class="intro">{escape(words.intro)}</p>{alert}'
        f'<form class="contact" method="post" action="{page.path}" enctype="multipart/form-data" novalidate>'
        f'<input type="hidden" name="token" value="{escape(token)}">{_trap(words)}'
        f"{_topic(words, filled)}"
        f"{_text(page, 'name', words.name, filled, errors, auto='name')}"
        f"{_text(page, 'email', words.email, filled, errors, auto='email', kind='email', needed=True)}"
        f"{_text(page, 'order', words.order, filled, errors, hint=_example(page))}"
        f"{_message(page, filled, errors)}{_files(page, filled, errors)}"
        f"<button>{escape(words.send)}</button></form>"
    )
    return _whole(page, words.title, body)


def thanks(page: Page, number: int, *, is_by_email: bool, chat: str) -> str:
    """It arrived: its number, how the answer comes, and the way into the chat (`chat`, "" = none)."""
    words = page.words
    how = words.by_email if is_by_email else words.by_chat if chat else ""
    link = f'<p><a class="chat" href="{escape(chat)}" target="_top">{escape(words.go_on)}</a></p>' if chat else ""
    body = (
        f'<section class="thanks" role="status"><h1>{escape(words.thanks)}</h1>'
        f'<p class="number">{escape(words.number.format(number=number))}</p><p>{escape(how)}</p>{link}'
        f'<p><a href="{page.path}">{escape(words.another)}</a></p></section>'
    )
    return _whole(page, words.thanks, body)


def missing(page: Page) -> str:
    """There is no such page."""
    return _whole(
        page,
        page.words.missing,
        f'<h1>{escape(page.words.missing)}</h1><p><a href="/form">{escape(page.words.title)}</a></p>',
    )


def _example(page: Page) -> str:
    return page.words.order_hint.format(example=page.settings.shop.order_number_example)


def _trap(words: FormWords) -> str:
    return (
        f'<p class="trap" aria-hidden="true"><label for="{TRAP}">{escape(words.trap)}</label>'
        f'<input id="{TRAP}" name="{TRAP}" tabindex="-1" autocomplete="off"></p>'
    )


def _label(words: FormWords, name: str, text: str, *, needed: bool) -> str:
    note = "" if needed else f' <span class="optional">({escape(words.optional)})</span>'
    return f'<label for="{name}">{escape(text)}{note}</label>'


def _about(name: str, hint: str, errors: Mapping[str, str]) -> tuple[str, str]:
    """(what stands below a field, the attributes that tie it to the field)."""
    parts, ids = [], []
    if hint:
        parts.append(f'<p class="hint" id="{name}-hint">{escape(hint)}</p>')
        ids.append(f"{name}-hint")
    if name in errors:
        parts.append(f'<p class="error" id="{name}-error">{escape(errors[name])}</p>')
        ids.append(f"{name}-error")
    tied = f' aria-describedby="{" ".join(ids)}"' if ids else ""
    return "".join(parts), tied + (' aria-invalid="true"' if name in errors else "")


def _text(
    page: Page, name: str, label: str, filled: Filled, errors: Mapping[str, str], *, auto: str = "off",
    kind: str = "text", needed: bool = False, hint: str = "",
) -> str:  # fmt: skip
    below, tied = _about(name, hint, errors)
    required = " required" if needed else ""
    return (
        f'<div class="field">{_label(page.words, name, label, needed=needed)}'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(filled.of(name))}" autocomplete="{auto}"'
        f' maxlength="{LONGEST[name]}"{required}{tied}>{below}</div>'
    )


def _topic(words: FormWords, filled: Filled) -> str:
    chosen = filled.of("topic") or TOPICS[0]
    options = "".join(
        f'<option value="{name}"{" selected" if name == chosen else ""}>{escape(text)}</option>'
        for name, text in zip(TOPICS, words.topics, strict=True)
    )
    return (
        f'<div class="field">{_label(words, "topic", words.topic, needed=True)}'
        f'<select id="topic" name="topic">{options}</select></div>'
    )


def _message(page: Page, filled: Filled, errors: Mapping[str, str]) -> str:
    below, tied = _about("message", "", errors)
    return (
        f'<div class="field">{_label(page.words, "message", page.words.message, needed=True)}'
        f'<textarea id="message" name="message" rows="7" maxlength="{LONGEST["message"]}" required{tied}>'
        f"\n{escape(filled.of('message'))}</textarea>{below}</div>"
    )


def _files(page: Page, filled: Filled, errors: Mapping[str, str]) -> str:
    words = page.words
    size = page.settings.widget.max_upload_bytes // 1_048_576
    below, tied = _about("files", words.files_hint.format(count=MOST_FILES, size=size), errors)
    return (
        f'<div class="field">{_label(words, "files", words.files, needed=False)}'
        f'<input id="files" name="files" type="file" multiple accept="image/*,application/pdf"{tied}>{below}'
        f"{_kept(words, filled.kept)}</div>"
    )


def _kept(words: FormWords, kept: Sequence[tuple[str, str]]) -> str:
    """Files that came with an earlier try, each of which may be taken back."""
    if not kept:
        return ""
    items = "".join(
        f'<li><label><input type="checkbox" name="kept" value="{escape(id)}" checked> {escape(name)}</label></li>'
        for id, name in kept
    )
    return f'<fieldset class="kept"><legend>{escape(words.kept)}</legend><ul>{items}</ul></fieldset>'


def _switch(page: Page) -> str:
    links = "".join(
        f'<li><a lang="{each}" hreflang="{each}" href="/form?site={escape(page.site)}&amp;lang={each}"'
        f"{' aria-current=true' if each == page.language else ''}>{escape(words.language)}</a></li>"
        for each, words in WORDS.items()
    )
    return f'<nav class="languages"><ul>{links}</ul></nav>'


def _whole(page: Page, title: str, body: str) -> str:
    shop, words, home = escape(page.settings.shop.name), page.words, f"/help/{page.language}"
    return f"""<!doctype html>
<html lang="{page.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>{escape(title)} – {shop}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/help/style.css"><link rel="stylesheet" href="/form/style.css"></head>
<body class="form"><a class="skip" href="#main">{escape(words.skip)}</a>
<header class="top"><a class="shop" href="{home}" target="_top"><b>{shop}</b> {escape(words.help)}</a>{_switch(page)}</header>
<main id="main">{body}</main></body></html>"""
