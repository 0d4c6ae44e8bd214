"""What goes into the gate and comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.actions.signals import Said
from server.commerce.model import OrderSnapshot
from server.policies.decision import History
from server.policies.judge import Ruling


class Moved(Exception):
    """The thread moved while the turn ran: a newer message or another owner. The turn is run again."""


class Changed(Exception):
    """What the customer agreed to is not what would be done now: ask again. `ruling` is how it stands."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(ruling.key)
        self.ruling = ruling


@dataclass(frozen=True, slots=True)
class Request:
    """An action that the customer has clearly confirmed.

    `arguments` is flat, as the outside surface names it: name, order, lines, reason, method, amount, address.
    `decision_hash` is of the ruling that the customer agreed to. `order` None = it is about the customer `customer_id`
    (of the order system). `history` holds what the caller knows beside ledger and log. `agent_id` is the
    agent who asks for it, 0 = the assistant; `said` is what was understood of the message that confirms it."""

    thread_id: int
    key: str
    name: str
    order: OrderSnapshot | None
    arguments: Mapping[str, Any]
    proofs: frozenset[str]
    amount_minor: int = 0
    currency: str = ""
    seen_seq: int = 0
    decision_hash: str = ""
    customer_id: str = ""
    history: History | None = None
    agent_id: int = 0
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What the order system answered. `is_repeat` = it had been done before; state `awaiting` = one more must agree."""

    state: str
    result: Mapping[str, Any]
    is_repeat: bool
