"""A change of a subscription in the making."""

import msgspec


class SubscriptionDraft(msgspec.Struct, omit_defaults=True, tag="subscription"):
    """What shall become of a subscription. `change` is as the Store names it, or `show`; `value` its day or interval (ISO 8601).

    `subscription_id` is empty until it is known which is meant."""

    subscription_id: str = ""
    customer_id: str = ""
    change: str = ""
    value: str = ""
