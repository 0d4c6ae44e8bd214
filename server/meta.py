"""Opens Meta's provider as the settings say: which ids, which tokens, which address of the API."""

from channels.channel import Provider
from channels.meta.provider import ANY, Account, Meta
from channels.meta.sending import INSTAGRAM_API, Graph
from server.clock import Clock
from server.settings import Settings


def open_meta(settings: Settings, clock: Clock) -> Provider:
    """WhatsApp where Twilio does not carry it, Messenger, and Instagram. Loading certificates takes a moment: call in a thread."""
    meta, twilio = settings.meta, settings.twilio
    is_twilios = bool(twilio.account_sid and twilio.auth_token and twilio.whatsapp_from)
    account = Account(
        meta.access_token,
        "" if is_twilios else meta.phone_number_id,
        meta.page_id,
        meta.instagram_id or (ANY if meta.page_id or meta.instagram_token else ""),
        meta.page_token,
        meta.instagram_token,
        meta.templates,
    )
    graph = Graph(meta.api_url, meta.api_version)
    has_own_host = bool(meta.instagram_token) and not meta.api_url
    return Meta(account, graph, clock.now, Graph(INSTAGRAM_API, meta.api_version) if has_own_host else None)
