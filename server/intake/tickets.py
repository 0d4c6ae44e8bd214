"""What the widget carries to show who it is: visitor secrets, tickets for the socket, tokens signed by the shop.

A ticket names who speaks and which thread; it is signed, bound to the origin of the page and short-lived. Nothing here is
personal: an identity stands in it as its kind and key, and a visitor's key is the digest of a secret that is never stored.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import jwt
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from typing_extensions import override

from channels.message import Address
from memory.ids import public_text
from server.clock import Clock
from server.errors import RefusedInput
from server.settings import Settings

TICKET_S: Final = 300
SIGNED_IN_S: Final = 12 * 3600
FILE_S: Final = 300
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43,128}")
_SKEW: Final = timedelta(seconds=60)
_LONGEST_TOKEN: Final = timedelta(minutes=10)
_MIN_SECRET: Final = 32
_LARGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks through a widget: a visitor, or a customer whom the shop signed in on this visitor's browser."""

    kind: Literal["visitor", "store"]
    key: str
    visitor: str
    """The visitor's own key, also when somebody is signed in."""

    @property
    def topic(self) -> str:
        """The bus topic on which the sockets of this speaker hear of new threads."""
        return f"visitor:{self.kind}:{self.key}"

    @property
    def address(self) -> Address:
        """The speaker as the sender of a message."""
        return Address(self.kind, self.key, "verified" if self.kind == "store" else "channel")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What `hello` shows: a speaker, the thread of the session, and the page that it was given to."""

    speaker: Speaker
    conv: str
    origin: str
    site: str
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A token of the shop that was checked: who is signed in, until when, and its one-time id."""

    sub: str
    jti: str
    expires_at: datetime
    email: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser: its secret, and who was signed in on it within the last hours."""

    secret: str
    signed_in: str = ""

    @property
    def key(self) -> str:
        """The digest that stands for the secret."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


class Tickets:
    """Signs and checks everything that the widget carries."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._keys = list(settings.server.secret_keys)
        self._clock = clock
        self._secrets = _identity_secrets(settings.widget.identity_secrets)
        self._sockets = self._serializer("widget-ws-v1")
        self._visitors = self._serializer("widget-visitor-v1")
        self._conv_key = hmac.digest(self._keys[-1].encode(), b"widget-conv-v1", "sha256")
        self._file_keys = [hmac.digest(key.encode(), b"files-v1", "sha256") for key in self._keys]

    def _serializer(self, salt: str) -> URLSafeTimedSerializer:
        clock = self._clock

        class Signer(TimestampSigner):
            @override
            def get_timestamp(self) -> int:
                return int(clock.now().timestamp())

        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeTimedSerializer(self._keys, salt=salt, signer=Signer, signer_kwargs=options)

    # Tickets of the socket

    def ticket(self, ticket: Ticket) -> str:
        """A ticket as text."""
        speaker = ticket.speaker
        identity = [speaker.kind, speaker.key, speaker.visitor]
        body = {"v": identity, "c": ticket.conv, "o": ticket.origin, "s": ticket.site, "l": ticket.locale}
        return str(self._sockets.dumps(body))

    def admit(self, text: object) -> Ticket:
        """The ticket behind a text. Raises RefusedInput (`token`) for everything else."""
        body = _loaded(self._sockets, text, TICKET_S)
        match body:
            case {"v": [("visitor" | "store") as kind, str(key), str(visitor)], "c": str(conv), "o": str(origin)}:
                speaker = Speaker(kind, key, visitor)
                return Ticket(speaker, conv, origin, str(body.get("s", "")), str(body.get("l", "")))
        raise RefusedInput("token", "the token is not valid; fetch a new one")

    # Visitors

    def visitor(self, text: object) -> Visitor:
        """The browser behind what it kept; a new one if it kept nothing that could be ours."""
        if not isinstance(text, str) or len(text) > _LARGEST:
            return new_visitor()
        secret, _, proof = text.partition(".")
        if not _SECRET.fullmatch(secret):
            return new_visitor()
        visitor = Visitor(secret)
        return Visitor(secret, self._signed_in(visitor, proof)) if proof else visitor

    def _signed_in(self, visitor: Visitor, proof: str) -> str:
        try:
            match _loaded(self._visitors, proof, SIGNED_IN_S):
                case {"h": str(key), "k": str(sub)} if hmac.compare_digest(key, visitor.key):
                    return sub
        except RefusedInput:
            return ""
        return ""

    def remembered(self, visitor: Visitor, sub: str) -> str:
        """What a browser keeps after a sign-in: the secret, and proof of the sign-in for some hours."""
        return f"{visitor.secret}.{self._visitors.dumps({'h': visitor.key, 'k': sub})}"

    def reserved(self, speaker: Speaker, threads: int) -> str:
        """The id that this speaker's next thread will have: the same on every tab until it exists."""
        text = f"{speaker.kind}:{speaker.key}:{threads}".encode()
        return f"c_{public_text(hmac.digest(self._conv_key, text, 'sha256')[:16])}"

    # Tokens of the shop

    def signed_by_shop(self, token: str, site: str) -> Signed:
        """Check a shop's identity token. Raises RefusedInput (`identity_token`).

        HS256 only, audience = the site, at most ten minutes from issue to expiry, a minute of skew."""
        secret = self._secrets.get(site, "")
        refusal = RefusedInput("identity_token", "the identity token was not accepted")
        if len(secret) < _MIN_SECRET:
            raise refusal
        options: Any = {
            "require": ["exp", "iat", "jti", "sub", "aud"],
            "verify_exp": False,  # checked below, by the injected clock
            "verify_iat": False,
            "verify_nbf": False,
        }
        try:
            claims = jwt.decode(token, secret, algorithms=["HS256"], audience=site, options=options)
            return _checked(claims, self._clock.now())
        except (jwt.PyJWTError, ValueError):
            raise refusal from None

    # Files

    def file_url(self, upload_id: str) -> str:
        """A path that opens one stored file for some minutes."""
        expires = int(self._clock.now().timestamp()) + FILE_S
        return f"/files/{upload_id}?e={expires}&s={_file_signature(self._file_keys[-1], upload_id, expires)}"

    def opens(self, upload_id: str, expires: str, signature: str) -> bool:
        """Whether a path of `file_url` is genuine and still valid."""
        if not (expires.isascii() and expires.isdigit() and len(expires) < 12 and signature.isascii()):
            return False
        genuine = any(
            hmac.compare_digest(_file_signature(key, upload_id, int(expires)), signature) for key in self._file_keys
        )
        return genuine and int(expires) >= self._clock.now().timestamp()


def new_visitor() -> Visitor:
    """A browser that was never here."""
    return Visitor(secrets.token_urlsafe(32))


def _loaded(serializer: URLSafeTimedSerializer, text: object, max_age_s: int) -> Mapping[str, Any]:
    refusal = RefusedInput("token", "the token is not valid; fetch a new one")
    if not isinstance(text, str) or not text or len(text) > _LARGEST:
        raise refusal
    try:
        body = serializer.loads(text, max_age=max_age_s)
    except BadData:
        raise refusal from None
    if not isinstance(body, dict):
        raise refusal
    return body


def _identity_secrets(pairs: Sequence[str]) -> dict[str, str]:
    return {site.strip(): secret.strip() for site, _, secret in (pair.partition("=") for pair in pairs)}


def _checked(claims: Mapping[str, Any], now: datetime) -> Signed:
    issued, expires = _time(claims["iat"], now), _time(claims["exp"], now)
    if not (expires + _SKEW > now >= issued - _SKEW and timedelta(0) < expires - issued <= _LONGEST_TOKEN):
        raise ValueError("out of its time")
    sub, jti = claims["sub"], claims["jti"]
    if not (isinstance(sub, str) and isinstance(jti, str) and 0 < len(sub) <= 200 and 0 < len(jti) <= 200):
        raise ValueError("no subject or no id")
    email = claims.get("email") if claims.get("email_verified") is True else ""
    name = claims.get("name")
    return Signed(
        sub, jti, expires, email if isinstance(email, str) else "", name[:80] if isinstance(name, str) else ""
    )


def _time(value: object, now: datetime) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 4e9:
        raise ValueError("no time")
    return datetime.fromtimestamp(value, now.tzinfo)


def _file_signature(key: bytes, upload_id: str, expires: int) -> str:
    return hmac.new(key, f"{upload_id}|{expires}".encode(), "sha256").hexdigest()
