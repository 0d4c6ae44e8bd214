"""Whether Twilio made a call, by X-Twilio-Signature. Fails closed: what cannot be checked is not signed.

Twilio's own validator does the arithmetic; what it leaves open (no header, bytes, a body without a hash, an unknown algorithm)
is closed here. The URL is the public one as Twilio was told it, path and query as they were sent, no fragment.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator, get_signature_algorithm

HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"
"""Names the algorithm where a call is signed with a shared key instead of the auth token."""
_ALGORITHMS: Final = frozenset({"HMAC_SHA1", "HMAC_SHA256"})

Form = Mapping[str, Sequence[str]]
"""Every field with all its values, as they were sent: nothing stripped, empty ones too."""


class _Fields(dict[str, Sequence[str]]):
    """A form as the validator asks for it."""

    def getlist(self, name: str) -> Sequence[str]:
        """All values of a field."""
        return self[name]


def read_form(body: bytes) -> dict[str, list[str]]:
    """The fields of an urlencoded body (or query), every value of each. Raises ValueError where it is none."""
    form: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict"):
        form.setdefault(name, []).append(value)
    return form


def is_signed(
    tokens: Sequence[str], url: str, params: Form | str, signature: str | None, settings_header: str = ""
) -> bool:
    """Whether one of `tokens` (auth tokens while one is replaced, shared keys) signed this call.

    `params` are the form's fields, {} for a GET, or a body that is no form as text: then the URL carries `bodySHA256`."""
    if not signature or not signature.isascii():
        return False
    algorithm = get_signature_algorithm(settings_header or "").upper()
    if algorithm not in _ALGORITHMS:
        return False
    if isinstance(params, str):
        if not _has_hash(url, params):
            return False
        params = {}
    fields, is_good = _Fields(params), False
    for token in tokens:
        if token:  # an empty token would let everybody sign
            is_good |= _fits(token, url, fields, signature, algorithm)
    return is_good


def _fits(token: str, url: str, fields: _Fields, signature: str, algorithm: str) -> bool:
    try:
        if RequestValidator(token).validate(url, fields, signature, algorithm):
            return True
        # The validator writes the URL anew, without an empty query; Twilio signs what it was told.
        computed = RequestValidator(token).compute_signature(url, fields, algorithm)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, UnicodeError):
        return False
    return hmac.compare_digest(computed, signature)


def _has_hash(url: str, body: str) -> bool:
    """Whether the URL carries this body's hash, once."""
    try:
        found = [value for name, value in parse_qsl(urlsplit(url).query) if name == "bodySHA256"]
        computed = hashlib.sha256(body.encode("utf-8")).hexdigest()
    except ValueError:
        return False
    return len(found) == 1 and hmac.compare_digest(computed.encode(), found[0].lower().encode())
