"""Something that went wrong with a delivery or with goods, in the making of a claim."""

import msgspec


class ClaimDraft(msgspec.Struct, omit_defaults=True, tag="claim"):
    """A claim that is being put together. `lines` are (line id, quantity); `kind` as the Store names claims.

    `topic` is `delivery`, `goods`, `warranty` or `price`. `reason` is one of the policy's, `outcome` is `replace` or `refund`. `photos` are
    ids of attachments; `photo` is `none` when there will be none. `serial` is `none` when it is not known. `is_checked` = the
    customer has looked everywhere; `is_told` = the facts of the order were said already."""

    order_id: str = ""
    kind: str = ""
    lines: dict[str, int] = {}
    shipment_id: str = ""
    statement: str = ""
    outcome: str = ""
    topic: str = ""
    reason: str = ""
    photos: list[str] = []
    photo: str = ""
    serial: str = ""
    is_checked: bool = False
    is_told: bool = False
