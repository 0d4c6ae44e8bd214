"""The command `onethread journal erase`: what providers' calls said of one address is deleted before its thirty days are over."""

from memory import journal, phone_calls
from memory.engines.base import Database, Tx
from server.operate import say, with_database
from server.policies.identity import normal_phone, normal_text
from server.settings import Settings

_BY_MAIL = ("email", "from")
_BY_NUMBER = ("whatsapp", "sms", "caller")


def erase(config: str | None, address: str) -> int:
    """Delete every stored call of an e-mail address or a telephone number; the conversations stay."""

    async def act(database: Database, settings: Settings) -> int:
        is_mail = "@" in address
        key = normal_text(address) if is_mail else normal_phone(address, settings.shop.region) or address.strip()
        subjects = [f"{kind}:{key}" for kind in (_BY_MAIL if is_mail else _BY_NUMBER)]

        async def unit(tx: Tx) -> int:
            calls = 0 if is_mail else await phone_calls.erase(tx, [key])
            return calls + await journal.erase(tx, subjects)

        return await database.write(unit)

    say(f"{with_database(config, act):,} stored calls are erased; the conversations stay")
    return 0
