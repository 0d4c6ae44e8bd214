"""A cancellation, or a change of address or payment, in the making."""

import msgspec


class ChangeDraft(msgspec.Struct, omit_defaults=True, tag="change"):
    """A change of an order, or of the customer's own record, that is being put together.

    `kind` is cancel, address or payment. `reason` is one of the policy's, `method` a stored method's id or `original`. `address` has
    the keys of `ship_to` as far as they were told; `is_profile` = it is for the customer's default address, `and_profile` = for that
    too, once the order's is changed. `is_whole` = that only the whole order can be cancelled was understood, `is_dropped` = it shall be
    left as it is after all."""

    kind: str = ""
    order_id: str = ""
    reason: str = ""
    method: str = ""
    address: dict[str, str] = {}
    is_profile: bool = False
    and_profile: bool = False
    is_whole: bool = False
    is_dropped: bool = False
