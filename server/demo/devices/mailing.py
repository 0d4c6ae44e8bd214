"""The mail server of the demo's customers: the stand-in that checks our mail, with everybody's mailbox behind it."""

from collections.abc import Callable
from datetime import datetime

from typing_extensions import override

from server.demo.devices.postbox import Postbox
from server.demo.parties.mail import Kept, MailServer


class Mailboxes(MailServer):
    """What it takes goes into the mailbox of whom it is for."""

    def __init__(self, postbox: Postbox, now: Callable[[], datetime]) -> None:
        super().__init__(now=now)
        self._postbox = postbox

    @override
    async def keep(self, mail: Kept) -> None:
        await super().keep(mail)
        self._postbox.arrive(mail.raw, [mail.recipient])
