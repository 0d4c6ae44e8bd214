"""What can go wrong at a provider, and what may be done about it.

    ChannelError(permanent)
    ├── Refused            permanent: the provider will never take this message (bad number, opted out, account closed)
    │   ├── WindowShut         only an approved template may be sent there now, or nothing until the customer writes again
    │   ├── OptedOut           the customer asked the provider for silence: nothing is sent there any more
    │   └── NeverKnown         it was perhaps sent, and nobody will ever say: it goes no other way either, a person looks
    ├── NotNow             nothing was taken, try again: rate, overload, no connection; may carry retry_after_s
    └── OutcomeUnknown     the request went out and no answer came: never sent again before `find` was asked

A channel's sender raises these and nothing else on purpose. Whoever cannot tell whether the provider acted must say
`OutcomeUnknown`: a message said twice is worse than one that is looked up first.
"""


class ChannelError(Exception):
    """Root of the tree. `permanent` = trying again is of no use. The message names the cause without any customer data."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Refused(ChannelError):
    """The provider will never take this message."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class NotNow(ChannelError):
    """The provider took nothing. `retry_after_s` is its own word on when to come back, 0 = it said none."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message, permanent=False)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(ChannelError):
    """Perhaps sent, perhaps not."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


class WindowShut(Refused):
    """The provider takes nothing freely written now: the customer's last message is too old."""


class OptedOut(Refused):
    """The customer told the provider that they want no messages from us."""


class NeverKnown(Refused):
    """Perhaps sent, and the provider will never tell: given up without being said again, here or elsewhere."""
