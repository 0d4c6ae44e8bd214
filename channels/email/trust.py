"""Whether a mail's From proves who wrote it.

Only the border mail server can tell, and its word is Authentication-Results (RFC 8601): the topmost one, under the name that the
operator gave (`email.authserv_id`). Anybody can write such a line, so any other one says nothing, and without a name none does.
A pass is `dmarc=pass`, or `dkim=pass` of a domain aligned with From's. SPF speaks of the envelope and never counts alone.

Aligned, in a simple way that fails closed: both domains are the same, or one is below the other, and the upper one is no public
suffix such as `co.uk` or `github.io`. Sisters (`a.shop.com`, `b.shop.com`) are not aligned here, although DMARC would call them so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from channels.email.addresses import Mailbox
from channels.email.wordlists import named

_ADDRESS: Final = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+\.[^\s<>@\"']+")
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|\\.|[^;"()\\]+|.', re.DOTALL)
_RESULT: Final = re.compile(r"\s*([a-z][a-z0-9-]*)(?:/\d+)?\s*=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY: Final = re.compile(r"\b(header\.(?:d|i|from))\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_SECOND_LEVEL: Final = named("ac co com edu gob gouv gov go gv id in info ltd mil ne net nic nom or org plc sch web")
_SHARED: Final = named(
    "github.io gitlab.io netlify.app vercel.app pages.dev workers.dev herokuapp.com azurewebsites.net web.app "
    "firebaseapp.com blogspot.com wordpress.com myshopify.com cloudfront.net amazonaws.com appspot.com onmicrosoft.com "
    "sharepoint.com eu.com uk.com us.com de.com com.de co.com gb.net"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether From may be believed, and why not, for the operator."""

    is_authenticated: bool
    why: str = ""


def judge(senders: Sequence[Mailbox], results: Sequence[str], authserv_id: str) -> Verdict:
    """What the border's word makes of a sender. `results` are the raw Authentication-Results values, the topmost first."""
    if len(senders) != 1 or not senders[0].address:
        return Verdict(False, "the mail has not exactly one From address")
    sender = senders[0]
    if sender.is_odd:
        return Verdict(False, "From is written so that two readers may see two senders")
    domain = ascii_domain(sender.address.rpartition("@")[2])
    if any(named.lower() != sender.address for named in _ADDRESS.findall(sender.name)):
        return Verdict(False, "the display name of From holds another address")
    if not authserv_id.strip() or not results:
        return Verdict(False, "no border server vouches for From")
    name, found = _read(results[0])
    if name != authserv_id.strip().lower():
        return Verdict(False, "the topmost Authentication-Results is not our border server's")
    return Verdict(True) if _passes(found, domain) else Verdict(False, "From did not pass DMARC or aligned DKIM")


def ascii_domain(domain: str) -> str:
    """A domain as the DNS writes it, so that look-alike letters stay different; "" = it is none."""
    try:
        return domain.strip().strip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


def _read(value: str) -> tuple[str, list[tuple[str, str, dict[str, str]]]]:
    """The server's name, and (method, result, properties) of each result. Comments are dropped before anything is read."""
    sections = [""]
    for piece in _PIECE.findall(value):
        if piece == ";":
            sections.append("")
        elif not piece.startswith("("):
            # A quoted string (`reason="dmarc=pass"`) holds no result.
            sections[-1] += re.sub(r"[=;]", "_", piece) if piece.startswith('"') else piece
        else:
            sections[-1] += " "
    found = []
    for section in sections[1:]:
        match = _RESULT.match(section)
        if match is not None:
            properties: dict[str, str] = {}
            for key, text in _PROPERTY.findall(match[3]):
                properties.setdefault(key.lower(), text.lower())
            found.append((match[1].lower(), match[2].lower(), properties))
    return (sections[0].split() or [""])[0].strip('"').lower(), found


def _passes(found: list[tuple[str, str, dict[str, str]]], domain: str) -> bool:
    if not domain:
        return False
    dmarc = [(result, properties) for method, result, properties in found if method == "dmarc"]
    if any(result == "fail" for result, _ in dmarc):
        return False
    if any(result == "pass" and ascii_domain(props.get("header.from", domain)) == domain for result, props in dmarc):
        return True
    return any(
        method == "dkim" and result == "pass" and is_aligned(_signer(properties), domain)
        for method, result, properties in found
    )


def _signer(properties: dict[str, str]) -> str:
    return properties.get("header.d", "") or properties.get("header.i", "").rpartition("@")[2]


def is_aligned(signer: str, domain: str) -> bool:
    """Whether a signing domain speaks for the domain of From."""
    signer, domain = ascii_domain(signer), ascii_domain(domain)
    if not signer or not domain:
        return False
    if signer == domain:
        return True
    upper, lower = sorted((signer, domain), key=len)
    return lower.endswith(f".{upper}") and not is_public_suffix(upper)


def is_public_suffix(domain: str) -> bool:
    """Whether strangers register names below a domain: one label, the usual second levels of countries, well-known shared hosts."""
    labels = domain.split(".")
    if len(labels) < 2 or domain in _SHARED:
        return True
    return len(labels) == 2 and len(labels[1]) == 2 and (labels[0] in _SECOND_LEVEL or len(labels[0]) <= 2)
