"""Every error that this application raises on purpose, drawn as a tree.

    OnethreadError
    ├── OperatorError            the operator must act: configuration, disk, database
    │   ├── SettingsError            a setting is unknown, missing or malformed
    │   ├── PolicyError              the policy file does not load or contradicts itself
    │   └── VoiceError               the shop's own voice cannot be spoken as it is written
    ├── CustomerError            the customer is told, in words; nothing is broken
    │   ├── RefusedInput             malformed or oversize input at a door
    │   └── RateLimited              too much, too fast; carries retry_after_s
    ├── AgentError               a person at the desk must decide
    │   ├── StaleSight               the thread moved since the author last looked (409)
    │   └── NotAllowed               the role does not permit it (403)
    ├── StoreError               the order system could not be read or written
    │   ├── StoreUnavailable         not now; carries the time of the last good read, if any
    │   │   └── StoreBusy                it asked us to wait, and did nothing
    │   └── StoreRefused             it answered no, for good
    ├── CannotYet                a stored call concerns something that is not known yet: it is tried again
    └── ActionRefused            the gate said no; carries the policy's reason

`memory.errors` and `channels.errors` hold the errors of those rooms.
"""

from collections.abc import Sequence
from datetime import datetime


class OnethreadError(Exception):
    """Root of the tree."""


class OperatorError(OnethreadError):
    """The operator must act; the message says what to do."""


class SettingsError(OperatorError):
    """A setting is unknown, missing or malformed."""


class PolicyError(OperatorError):
    """The policy file does not load. `problems` lists every finding, one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class VoiceError(OperatorError):
    """The shop's own voice cannot be spoken. `problems` lists every finding, with the file or setting, the phrase and the mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - 1} more: onethread doctor lists them)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = tuple(problems)


class CustomerError(OnethreadError):
    """The customer is told in words."""


class RefusedInput(CustomerError):
    """Malformed or oversize input. `code` is the wire code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class RateLimited(CustomerError):
    """Too much, too fast."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"try again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class AgentError(OnethreadError):
    """A person at the desk must decide."""


class StaleSight(AgentError):
    """The thread moved since its author last looked. `since` is the first sequence number not seen."""

    def __init__(self, since: int) -> None:
        super().__init__("the thread moved")
        self.since = since


class NotAllowed(AgentError):
    """The role does not permit it."""


class StoreError(OnethreadError):
    """The order system could not be read or written."""


class StoreUnavailable(StoreError):
    """The order system does not answer now. `last_read` is when it last did."""

    def __init__(self, message: str, last_read: datetime | None = None) -> None:
        super().__init__(message)
        self.last_read = last_read


class StoreBusy(StoreUnavailable):
    """The order system asked us to wait: what was asked for was certainly not done."""


class StoreRefused(StoreError):
    """The order system said no, for good."""


class CannotYet(OnethreadError):
    """A stored call concerns something that is not known yet: it is tried again."""


class ActionRefused(OnethreadError):
    """The gate said no. `reason` is the policy's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
