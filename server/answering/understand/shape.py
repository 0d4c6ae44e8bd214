"""What understanding a message yields: the closed sets of words and the frozen records around them.

These names and the JSON are a fixed outside surface (`onethread understand --json`). Nothing here computes; nothing
here knows a model, an order or a customer.
"""

from dataclasses import dataclass, field
from typing import Literal, TypedDict, get_args

Intent = Literal[
    "order_status",
    "delivery_problem",
    "return",
    "exchange",
    "refund_request",
    "refund_status",
    "cancel",
    "change_address",
    "change_order",
    "damaged_or_wrong_item",
    "warranty",
    "product_question",
    "stock_question",
    "promo",
    "payment",
    "subscription",
    "account",
    "policy_question",
    "complaint",
    "human_request",
    "greeting",
    "thanks",
    "goodbye",
    "other",
]
Sentiment = Literal["negative", "neutral", "positive"]
Level = Literal["low", "medium", "high"]
Risk = Literal["legal", "safety", "reputation", "chargeback", "vulnerable"]

INTENTS: tuple[Intent, ...] = get_args(Intent)
COURTESIES: frozenset[Intent] = frozenset({"greeting", "thanks", "goodbye"})
"""Intents that ask for nothing: they count only when a message holds nothing else."""


class IntentJson(TypedDict):
    """One ranked intent as JSON."""

    name: Intent
    confidence: float


class UnderstandingJson(TypedDict):
    """One answer line of `onethread understand --json`, without its id."""

    intent: Intent
    intents: list[IntentJson]
    abstain: bool
    sentiment: Sentiment
    frustration: int
    urgency: Level
    severity: Level
    complexity: Level
    risk: list[Risk]
    language: str
    entities: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class IntentScore:
    """An intent and how often a message with this score really means it (0..1, calibrated at build)."""

    name: Intent
    confidence: float


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a message: its words as written, the intents it asserts, and those that it turns down."""

    text: str
    intents: tuple[IntentScore, ...] = ()
    negated: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Entities:
    """What a message names. Each tuple is in order of appearance, without repeats.

    Amounts read like `49.90 USD`; dates are ISO where the words alone fix them, else the words. `zips` and `names`
    are candidates for a proof of identity and stay out of the JSON.
    """

    order_number: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    tracking_number: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    zips: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def to_json(self) -> dict[str, list[str]]:
        """The public entities, every key present."""
        return {
            "order_number": list(self.order_number),
            "email": list(self.email),
            "phone": list(self.phone),
            "tracking_number": list(self.tracking_number),
            "amount": list(self.amount),
            "date": list(self.date),
            "product": list(self.product),
        }


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything read out of one message. `intents` is best first and starts with `intent`."""

    intent: Intent
    intents: tuple[IntentScore, ...]
    abstain: bool
    sentiment: Sentiment
    frustration: int
    urgency: Level
    severity: Level
    complexity: Level
    risk: tuple[Risk, ...]
    language: str
    entities: Entities = field(default_factory=Entities)
    clauses: tuple[Clause, ...] = ()
    sure_risk: tuple[Risk, ...] = ()
    """Those of `risk` that are sure enough to send a customer to a person for."""
    runner_up: IntentScore | None = None
    """What it would be if `intent` is wrong; told to who asks for the reading, acted on by nobody."""

    def to_json(self) -> UnderstandingJson:
        """The answer line without its id. `intents` names at least two where two are possible, the first one first."""
        rest = self.intents[1:] if self.runner_up is None else (*self.intents[1:], self.runner_up)
        listed = (self.intents[0], *sorted(rest, key=lambda each: -each.confidence))
        return {
            "intent": self.intent,
            "intents": [{"name": each.name, "confidence": round(each.confidence, 4)} for each in listed],
            "abstain": self.abstain,
            "sentiment": self.sentiment,
            "frustration": self.frustration,
            "urgency": self.urgency,
            "severity": self.severity,
            "complexity": self.complexity,
            "risk": list(self.risk),
            "language": self.language,
            "entities": self.entities.to_json(),
        }
