"""The shop's own mailbox: its address, and what else reaches it.

`local+anything@domain` reaches `local@domain` (RFC 5233): replies carry a signed token there.
"""

from dataclasses import dataclass, field
from typing import Final

MAX_NAME: Final = 21
"""Letters before the @ that leave room for a plus sign and a reply token within the 64 of RFC 5321."""


@dataclass(frozen=True, slots=True)
class OwnMailbox:
    """The shop's support address, in lower case."""

    address: str
    local: str = field(init=False)
    domain: str = field(init=False)

    def __post_init__(self) -> None:
        """Raises ValueError when the address is none."""
        local, at, domain = self.address.strip().lower().rpartition("@")
        if not at or not local or not domain or not self.address.isascii() or not local.isprintable():
            raise ValueError(f"{self.address!r} is no e-mail address: write support@shop.example")
        if "+" in local or len(local) > MAX_NAME:
            raise ValueError(
                f"{self.address!r} cannot carry our tokens: at most {MAX_NAME} letters before the @, and no plus sign"
            )
        object.__setattr__(self, "address", f"{local}@{domain}")
        object.__setattr__(self, "local", local)
        object.__setattr__(self, "domain", domain)

    def takes(self, address: str) -> bool:
        """Whether mail to this address is the shop's: its own address, with any sub-address."""
        local, _, domain = address.strip().lower().rpartition("@")
        return domain == self.domain and (local == self.local or local.startswith(f"{self.local}+"))
