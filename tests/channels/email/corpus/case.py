"""One mail of the corpus, and what must come out of it."""

import re
from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Case:
    """A mail with `text`, `html` or both. `reply` is what the customer wrote now; a trap is a mail whose words a stripper might lose."""

    name: str
    text: str
    reply: str
    html: str = ""
    subject: str = "Re: Your order"
    signature: str = ""
    known: tuple[str, ...] = ()
    is_trap: bool = False
    is_forwarded: bool = False

    def raw(self) -> bytes:
        """The mail as an .eml file."""
        message = EmailMessage()
        message["From"] = "Ana <ana@example.com>"
        message["To"] = "support@shop.example"
        message["Subject"] = self.subject
        message["Message-ID"] = f"<{self.name.encode().hex()[:60]}@example.com>"
        if self.text or not self.html:
            message.set_content(self.text, charset="utf-8")
            if self.html:
                message.add_alternative(self.html, subtype="html")
        else:
            message.set_content(self.html, subtype="html", charset="utf-8")
        return message.as_bytes()


def words(text: str) -> set[str]:
    """The words of a text, without marks."""
    return set(re.findall(r"\w+", text))


def trap(name: str, text: str, reply: str = "", *, subject: str = "My order", html: str = "") -> Case:
    """A mail in which every word is the customer's, unless `reply` says what of it."""
    return Case(name, text, reply or text.strip(), html=html, subject=subject, is_trap=True)
