"""Passwords of agents: argon2id, and the one normal form of an agent's address."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$K5rZ8bQ4m9WJmBq2kT0sWm3m8mWvWq0tqE3ZbV6xq3Q"


def hashed(password: str) -> str:
    """The argon2id hash (64 MiB, 3 passes); takes a tenth of a second: call it in a thread."""
    return _HASHER.hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether a password fits; without a stored hash the same work is done, and it is False."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def normal_email(text: str) -> str:
    """An agent's address as it is stored. Raises ValueError."""
    address = unicodedata.normalize("NFKC", text).strip().casefold()
    local, at, domain = address.partition("@")
    if not at or not local or "." not in domain or any(sign.isspace() for sign in address):
        raise ValueError(f"{text!r} is no e-mail address")
    return address
