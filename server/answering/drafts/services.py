"""A change of a subscription, or a pickup, in the making."""

import msgspec


class SubscriptionDraft(msgspec.Struct, omit_defaults=True, tag="subscription"):
    """What shall become of a subscription. `change` is as the Store names it, or `show`; `value` its day or interval (ISO 8601).

    `subscription_id` is empty until it is known which is meant."""

    subscription_id: str = ""
    customer_id: str = ""
    change: str = ""
    value: str = ""


class PickupDraft(msgspec.Struct, omit_defaults=True, tag="pickup"):
    """A carrier that shall come for the parcel of return `rma`. `day` is an ISO date, empty until it is known."""

    order_id: str = ""
    rma: str = ""
    day: str = ""
