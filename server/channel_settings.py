"""The settings of the channels: who carries messages for this installation. A channel without its secrets is not mounted.

Each is declared once with its default and what it does, as all settings are; `settings` reads them.
"""

from dataclasses import dataclass

from server.parties import doc


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """WhatsApp, SMS and telephone by Twilio. `account_sid` and `auth_token` switch it on."""

    account_sid: str = doc("", "account SID, `AC...`")
    auth_token: str = doc("", "auth token: signs webhooks to us and our calls to Twilio")
    old_auth_tokens: tuple[str, ...] = doc((), "tokens that still sign webhooks while one is being replaced")
    shared_keys: tuple[str, ...] = doc(
        (), "secrets of Twilio's webhook shared keys, where it signs with these (SHA-256)"
    )
    api_url: str = doc("", "one base URL in place of api., content., messaging. and verify.twilio.com, for tests")
    whatsapp_from: str = doc("", "the shop's WhatsApp number, with or without `whatsapp:`; empty = no WhatsApp")
    sms_from: str = doc("", "the shop's number for text messages, or a messaging service `MG...`; empty = no SMS")
    voice_from: str = doc("", "the shop's number for calls; empty = no telephone")
    content_sids: tuple[str, ...] = doc(
        (),
        "`name=HX...` of approved WhatsApp templates; `reply` carries an answer after the 24-hour window, `reply.es` one in Spanish",
    )
    error_codes: tuple[str, ...] = doc(
        (),
        "`CODE=again`, `CODE=window`, `CODE=stop` or `CODE=never`, where a code of Twilio's means something else than we know",
    )
    reconcile_minutes: int = doc(5, "how often Twilio is asked for messages whose webhook never came; 0 = never")


@dataclass(frozen=True, slots=True)
class MetaSettings:
    """WhatsApp Cloud API, Instagram and Messenger without anybody between. `app_secret` and `access_token` switch it on."""

    app_secret: str = doc("", "the app's secret: signs webhooks")
    old_app_secrets: tuple[str, ...] = doc((), "secrets that still sign webhooks while one is being replaced")
    verify_token: str = doc("", "what Meta must say when it verifies the webhook; you choose it")
    access_token: str = doc("", "a system user's token, for sending")
    page_token: str = doc("", "the page's own token, for Messenger and Instagram; empty = `access_token` is one")
    instagram_token: str = doc(
        "", "an Instagram account's own token, where it is connected by Instagram Login, not by a page"
    )
    phone_number_id: str = doc("", "id of the WhatsApp number; empty = no WhatsApp by Meta")
    whatsapp_number: str = doc("", "that number as people dial it, for links that open WhatsApp")
    page_id: str = doc("", "id of the Facebook page; empty = no Messenger")
    instagram_id: str = doc("", "id of the Instagram account; empty = the one that belongs to the page")
    api_url: str = doc("", "base URL without version in place of https://graph.facebook.com, for tests")
    api_version: str = doc("v26.0", "version of the Graph API")
    templates: tuple[str, ...] = doc(
        (),
        "`reply=name:language` of an approved WhatsApp template with one text variable: carries an answer after 24 hours",
    )
    human_agent: bool = doc(
        False, "the app has the Human Agent permission: people may answer on Instagram and Messenger for 7 days"
    )
    native_minutes: int = doc(
        30, "minutes that a customer waits for whoever answered in Meta's own app, until the assistant takes over again"
    )


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """E-mail. `address` and `smtp_url` switch it on; mail comes in by `listen`, `imap_url` or a provider's webhook."""

    address: str = doc("", "the shop's support address")
    aliases: tuple[str, ...] = doc((), "other addresses of the shop: mail from them never opens a conversation")
    smtp_url: str = doc("", "`smtp://user:password@host:587`, or `smtps://...:465`: where our mail leaves")
    listen: str = doc(
        "", "`host:port` of our own SMTP listener behind your mail server, or `lmtp://host:port`; empty = none"
    )
    imap_url: str = doc("", "`imaps://user:password@host/INBOX`: a mailbox to read; empty = none")
    imap_done: str = doc("", "folder that mail is moved to once it is stored; empty = it stays where it is")
    authserv_id: str = doc(
        "", "name of your border mail server in Authentication-Results; empty = no sender is trusted"
    )
    dkim_selector: str = doc("", "selector of the DKIM key; empty = your mail server signs")
    dkim_key: str = doc("", "file of the DKIM private key (PEM, RSA of 2048 bits or more)")
    webhook_login: str = doc("", "`user:password` in the webhook URL of SendGrid or Postmark; empty = no such door")
    mailgun_key: str = doc("", "HTTP webhook signing key of Mailgun; empty = no such door")
    webhook_secrets: tuple[str, ...] = doc((), "secrets that sign raw mail to our own webhook; empty = no such door")


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Agents in Slack. `bot_token`, `channel` and `signing_secret` (or `app_token`, for Socket Mode) switch it on."""

    bot_token: str = doc("", "bot token, `xoxb-...`")
    app_token: str = doc("", "app token, `xapp-...`: events by Socket Mode; empty = by webhook")
    signing_secret: str = doc("", "signs Slack's requests to our webhook")
    channel: str = doc("", "id of the channel that escalations go to, `C...`")
    api_url: str = doc("", "base URL that ends in /api/ in place of https://slack.com/api/, for tests")

    @property
    def is_on(self) -> bool:
        """Whether agents in Slack are switched on."""
        return bool(self.bot_token and self.channel and (self.signing_secret or self.app_token))


@dataclass(frozen=True, slots=True)
class InboundSettings:
    """Whatever else writes to the shop: marketplaces, review platforms, store workflows, by `POST /api/v1/inbound`."""

    secrets: tuple[str, ...] = doc(
        (), "`source=secret` of each sender, 32 characters or more; empty = the door is shut"
    )
    reply_url: str = doc("", "where our answers are posted, signed; empty = answers are read at the desk only")


@dataclass(frozen=True, slots=True)
class CallsSettings:
    """Telephone calls; `twilio.voice_from` switches them on. Languages are codes such as `en-US`, the first one greets."""

    languages: tuple[str, ...] = doc(("en-US",), "languages of calls, the first one greets; with more, a key chooses")
    greetings: tuple[str, ...] = doc(
        (), "`en-US=Hello ...` in place of the shipped greeting; it says that a machine speaks"
    )
    voices: tuple[str, ...] = doc((), "`en-US=Google/en-US-Standard-C`: who speaks a language; empty = Twilio's choice")
    transcriber: str = doc("", "`Deepgram` or `Google`: who hears; empty = Twilio's choice")
    hints: str = doc("", "words that callers say and hearing should know: product names, `RMA`")
    relay: bool = doc(True, "talk over ConversationRelay; no = by <Gather>, sentence by sentence")
    transfer_to: tuple[str, ...] = doc(
        (), "numbers of people who take calls over, rung one after the other while the desk is open; empty = nobody"
    )
    ring_s: int = doc(20, "how long each of them is rung")
    call_back: bool = doc(True, "offer a call-back where nobody can take a call over")
    call_back_hours: str = doc("09:00-20:00", "when a customer may be called, in the zone of their number")
    voicemail_s: int = doc(120, "longest message that is taken where nobody can; 0 = none")
    record: str = doc("off", "`off`, `announce` (recorded after saying so) or `ask` (recorded after a yes)")
    silence_s: float = doc(9.0, "silence after which the caller is asked once more; twice more, and the call ends")
    filler_s: float = doc(1.0, "an answer that takes longer is bridged by a word, once")
    answer_s: float = doc(14.0, "after so long without an answer the caller is told so")
    digits_s: float = doc(2.0, "pause that ends a number on the keys; `#` ends it at once")
    chars_per_s: float = doc(15.0, "how fast voices speak: nothing ends before it was spoken")
