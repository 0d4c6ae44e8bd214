"""What SendGrid, Mailgun and Postmark post when a mail came, as raw mail with its envelope.

Each can send the raw mail, and that is what to choose there. Where only fields come, a mail is made of them: the original headers, the
two bodies, the files. Sources: SendGrid "Inbound Parse", Mailgun "Routes", Postmark "Inbound webhook".
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final
from urllib.parse import parse_qsl

from python_multipart import FormParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, parse_options_header

from channels.email.charsets import decode
from channels.email.delivered import Delivered

MAX_BYTES: Final = 32 * 1_048_576
_MOST_PARTS: Final = 500
_LONGEST_NAME: Final = 998
_HEADER: Final = re.compile(rb"^([!-9;-~]{1,100}):(.*)$", re.DOTALL)
_BODY_HEADERS: Final = (
    "content-type",
    "content-transfer-encoding",
    "mime-version",
    "content-disposition",
    "content-id",
)
"""They describe the body that the sender wrote, and ours is made anew."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    name: str
    type: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Form:
    """A posted form: the last value of each field in bytes, files by field."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, charset: str = "utf-8") -> str:
        """A field in its charset, whatever it is."""
        return decode(self.fields.get(name, b""), charset)


def read_form(content_type: str, body: bytes) -> Form:
    """A form, urlencoded or multipart, with fields of any size. Raises ValueError."""
    kind, options = parse_options_header(content_type)
    if kind == b"application/x-www-form-urlencoded":
        pairs = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_PARTS
        )
        return Form({name: value.encode("latin-1") for name, value in pairs})
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise ValueError("the call is no form")
    return _multipart(options[b"boundary"], body)


def _multipart(boundary: bytes, body: bytes) -> Form:
    form, parts = Form(), 0

    def count() -> None:
        nonlocal parts
        parts += 1
        if parts > _MOST_PARTS:
            raise ValueError("the form has too many parts")

    def on_field(one: Field) -> None:
        count()
        form.fields[(one.field_name or b"").decode("utf-8", "replace")] = one.value or b""

    def on_file(one: File) -> None:
        count()
        one.file_object.seek(0)
        name = (one.file_name or b"").decode("utf-8", "replace")
        kind = getattr(one, "content_type", None) or b"application/octet-stream"
        kept = Upload(name, kind.decode("latin-1") if isinstance(kind, bytes) else str(kind), one.file_object.read())
        form.files[(one.field_name or b"").decode("utf-8", "replace")] = kept
        one.close()

    parser = FormParser(
        "multipart/form-data", on_field, on_file, boundary=boundary,
        config={"MAX_MEMORY_FILE_SIZE": MAX_BYTES, "MAX_BODY_SIZE": MAX_BYTES},
    )  # fmt: skip
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ValueError("the form is malformed") from error
    finally:
        parser.close()
    return form


def sendgrid(headers: Mapping[str, str], body: bytes) -> Delivered:
    """A call of SendGrid's Inbound Parse. The envelope is in `envelope`; `to` and `from` are only headers."""
    form = read_form(headers.get("content-type", ""), body)
    envelope = _object(form.text("envelope"))
    sender = str(envelope.get("from", "")) if "from" in envelope else None
    recipients = tuple(str(each) for each in _list(envelope.get("to")))
    if "email" in form.fields:
        return Delivered(form.fields["email"], _sender(sender), recipients)
    charsets = {str(name): str(value) for name, value in _object(form.text("charsets")).items()}
    told = _object(form.text("attachment-info"))
    files = [
        (upload, str(_object(told.get(name)).get("content-id", "")))
        for name, upload in form.files.items()
        if name.startswith("attachment")
    ]
    raw = built(
        header_lines(form.fields.get("headers", b"")),
        form.text("text", charsets.get("text", "utf-8")),
        form.text("html", charsets.get("html", "utf-8")),
        files,
        {
            "From": form.text("from", charsets.get("from", "utf-8")),
            "To": form.text("to", charsets.get("to", "utf-8")),
            "Subject": form.text("subject", charsets.get("subject", "utf-8")),
        },
    )
    return Delivered(raw, _sender(sender), recipients)


def mailgun(headers: Mapping[str, str], body: bytes) -> Delivered:
    """A call of a Mailgun route: raw where its URL ends in `mime`, else fields. `body-plain` may be made of the HTML by Mailgun."""
    form = read_form(headers.get("content-type", ""), body)
    recipients = tuple(each.strip() for each in form.text("recipient").split(",") if each.strip())
    sender = form.text("sender") if "sender" in form.fields else None
    raw_mail = form.fields.get("body-mime") or (form.files["body-mime"].data if "body-mime" in form.files else b"")
    if raw_mail:
        return Delivered(raw_mail, _sender(sender), recipients)
    pairs = _list(_json(form.text("message-headers")))
    lines = [
        (str(pair[0]).encode("ascii", "replace"), str(pair[1]).encode())
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    ]
    ids = {str(name): str(cid) for cid, name in _object(form.text("content-id-map")).items()}
    files = [(upload, ids.get(name, "")) for name, upload in form.files.items() if name.startswith("attachment-")]
    told = {"From": form.text("from"), "Subject": form.text("subject"), "To": form.text("recipient")}
    return Delivered(
        built(lines, form.text("body-plain"), form.text("body-html"), files, told), _sender(sender), recipients
    )


def postmark(_headers: Mapping[str, str], body: bytes) -> Delivered:
    """A call of Postmark's. `MessageID` is its own; the sender's Message-ID is among `Headers`."""
    told = _object(body.decode("utf-8", "replace"))
    if not told:
        raise ValueError("the call is no JSON object")
    recipients = tuple(each for each in (str(told.get("OriginalRecipient", "")).strip(),) if each)
    if told.get("RawEmail"):
        return Delivered(str(told["RawEmail"]).encode("utf-8", "surrogateescape"), None, recipients)
    lines = [
        (str(each.get("Name", "")).encode("ascii", "replace"), str(each.get("Value", "")).encode("utf-8", "replace"))
        for each in map(_object, _list(told.get("Headers")))
    ]
    files = [
        (Upload(str(each.get("Name", "")), str(each.get("ContentType", "")), _base64(each.get("Content"))),
         str(each.get("ContentID", "")))
        for each in map(_object, _list(told.get("Attachments")))
    ]  # fmt: skip
    known = {
        "From": str(told.get("From", "")),
        "To": str(told.get("To", "")),
        "Cc": str(told.get("Cc", "")),
        "Subject": str(told.get("Subject", "")),
        "Date": str(told.get("Date", "")),
    }
    raw = built(lines, str(told.get("TextBody") or ""), str(told.get("HtmlBody") or ""), files, known)
    return Delivered(raw, None, recipients)


READERS: Final[Mapping[str, Callable[[Mapping[str, str], bytes], Delivered]]] = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
}


def built(
    lines: Iterable[tuple[bytes, bytes]],
    text: str,
    html: str,
    files: Iterable[tuple[Upload, str]],
    known: Mapping[str, str],
) -> bytes:
    """A mail of its parts: the original headers as they came, `known` ones where these lack them, bodies and files anew."""
    mail = EmailMessage(policy=SMTP)
    mail.set_content(_clean(text))
    if html:
        mail.add_alternative(_clean(html), subtype="html")
    for upload, content_id in files:
        _attach(mail, upload, content_id)
    kept = [(name, value) for name, value in lines if name.lower().decode("ascii", "replace") not in _BODY_HEADERS]
    there = {name.lower() for name, _ in kept}
    for name, value in known.items():
        if value and name.lower().encode() not in there:
            kept.append((name.encode(), value.encode("utf-8", "replace")))
    head = b"".join(name + b": " + _one_line(value) + b"\r\n" for name, value in kept if _HEADER.match(name + b":"))
    return head + mail.as_bytes()


def header_lines(block: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of a block as they stand, folded lines joined."""
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", block)
    found = (_HEADER.match(line) for line in re.split(rb"\r?\n", unfolded))
    return [(match[1], match[2].strip()) for match in found if match]


def _attach(mail: EmailMessage, upload: Upload, content_id: str) -> None:
    main, _, sub = upload.type.partition(";")[0].strip().lower().partition("/")
    is_plain = bool(re.fullmatch(r"[a-z0-9.+-]{1,60}", main) and re.fullmatch(r"[a-z0-9.+-]{1,80}", sub))
    if not is_plain or main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    name = " ".join(upload.name.split())[:200] or "file"
    clean = re.sub(r"[^!-;=?-~]", "", content_id.strip("<> "))
    cid = f"<{clean}>" if clean else None
    mail.add_attachment(upload.data, maintype=main, subtype=sub, filename=_clean(name), cid=cid)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _one_line(value: bytes) -> bytes:
    return b" ".join(value.split())[: 64 * _LONGEST_NAME]


def _sender(text: str | None) -> str | None:
    """The envelope's sender as the listener gives it: an empty one is `<>`."""
    if text is None:
        return None
    return text.strip() or "<>"


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> dict[str, Any]:
    found = _json(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _base64(value: Any) -> bytes:
    try:
        return b64decode(str(value or ""), validate=False)
    except ValueError:
        return b""
