"""A return, an exchange, or a change of items in the making."""

import msgspec


class ReturnDraft(msgspec.Struct, omit_defaults=True, tag="return"):
    """A return, an exchange or a change of items that is being put together.

    `kind` is `return`, `exchange` or `items` (before the order ships). `lines` are (line id, quantity); `to_skus` what each
    becomes, `wishes` what was said about that, by line. `method` is where money goes or comes from: `original`, the id of a stored
    method, or empty. `photo` is `given` or `none` once it was asked for. `unclear` are the lines that could not be told apart."""

    order_id: str = ""
    kind: str = ""
    lines: dict[str, int] = {}
    reason: str = ""
    outcome: str = ""
    to_skus: dict[str, str] = {}
    wishes: dict[str, str] = {}
    method: str = ""
    is_opened: bool | None = None
    delivered_on: str = ""
    photo: str = ""
    wants_exchange: bool = False
    wanted: str = ""
    unclear: list[str] = []
