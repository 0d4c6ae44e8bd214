"""The demo's accounts at its providers: numbers for fiction, addresses at reserved domains, secrets made at each start."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx2
from twilio.request_validator import RequestValidator

SHOP_NUMBER: Final = "+12015550190"
SHOP_TEXTS: Final = "+12015550191"
SHOP_VOICE: Final = "+12015550192"
COLLEAGUE: Final = "+12015550199"
"""Whom the shop rings when a caller wants a person."""
SHOP_MAIL: Final = "help@harbourandpine.example"
BORDER: Final = "mx.harbourandpine.example"
"""The border mail server that the demo plays: whose word on a sender counts."""
TEMPLATE: Final = "An answer from Harbour & Pine: {{1}}"
"""The approved template that carries an answer after the 24-hour window."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account at Twilio as both sides know it: our settings, and the stand-in that signs. Numbers are in E.164."""

    public_url: str
    sid: str = field(default_factory=lambda: "AC" + secrets.token_hex(16))
    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    whatsapp: str = SHOP_NUMBER
    texts: str = SHOP_TEXTS
    voice: str = SHOP_VOICE
    mail: str = SHOP_MAIL
    template: str = field(default_factory=lambda: "HX" + secrets.token_hex(16))
    template_text: str = TEMPLATE

    def signature(self, url: str, form: Mapping[str, str]) -> str:
        """What Twilio's own code signs a request with."""
        return str(RequestValidator(self.token).compute_signature(url, dict(form)))

    async def post(self, client: httpx2.AsyncClient, url: str, form: Mapping[str, str]) -> httpx2.Response:
        """Call a webhook as Twilio does. Raises httpx2.HTTPError."""
        headers = {"X-Twilio-Signature": self.signature(url, form), "User-Agent": "TwilioProxy/1.1"}
        return await client.post(url, data=dict(form), headers=headers)


def new_sid(prefix: str) -> str:
    """An id in Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
