"""The shop's own mailbox: its address, what else reaches it, and what a sub-address carries.

`local+anything@domain` reaches `local@domain` (RFC 5233). Replies carry a signed token there, so that a conversation is found
again whatever a mail program drops.
"""

from dataclasses import dataclass, field
from typing import Final

_LONGEST_LOCAL: Final = 64


@dataclass(frozen=True, slots=True)
class OwnMailbox:
    """`address` is the shop's own, `aliases` are other addresses of its own that never open a conversation."""

    address: str
    aliases: tuple[str, ...] = ()
    local: str = field(init=False)
    domain: str = field(init=False)

    def __post_init__(self) -> None:
        """Raises ValueError when the address is none."""
        local, at, domain = self.address.strip().lower().rpartition("@")
        if not at or not local or ("." not in domain.strip(".") and domain != "localhost"):
            raise ValueError(f"{self.address!r} is no e-mail address: write support@shop.example")
        object.__setattr__(self, "local", local)
        object.__setattr__(self, "domain", domain)

    def takes(self, address: str) -> bool:
        """Whether mail to this address is the shop's: its own address, with any sub-address."""
        local, _, domain = address.strip().lower().rpartition("@")
        return domain == self.domain and (local == self.local or local.startswith(f"{self.local}+"))

    def is_own(self, address: str) -> bool:
        """Whether this is an address of the shop's own: whoever writes from it is no customer."""
        bare = address.strip().lower()
        return self.takes(bare) or bare in {each.strip().lower() for each in self.aliases}

    def sub(self, address: str) -> str:
        """What stands after the plus in an address of this mailbox; empty when there is none."""
        local, _, _ = address.strip().lower().rpartition("@")
        return local[len(self.local) + 1 :] if self.takes(address) else ""

    def with_sub(self, token: str) -> str:
        """The mailbox's address with a sub-address. Raises ValueError when the local part gets longer than mail allows."""
        local = f"{self.local}+{token}"
        if len(local) > _LONGEST_LOCAL:
            raise ValueError(
                f"{self.local!r} is too long for reply addresses: use a support address of 20 characters or less"
            )
        return f"{local}@{self.domain}"
