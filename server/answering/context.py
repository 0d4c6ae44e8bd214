"""What a turn knows when it answers, what it remembers between turns, and what can come out of it.

`Context` is read in one snapshot before the turn begins; nothing in it changes while the answer is made. `Dialogue` is the
assistant's small memory of one thread, saved in the unit that commits the reply. The outcome is a type, never a word in a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import msgspec

from memory.customers import Customer, Identity
from memory.projection import Event
from server.answering.drafts.changes import ChangeDraft
from server.answering.drafts.claims import ClaimDraft
from server.answering.drafts.returns import ReturnDraft
from server.answering.drafts.services import PickupDraft, SubscriptionDraft
from server.answering.words.grounding import Dropped
from server.codes import RECEIVED, Codes
from server.commerce.catalogue.catalogue import Catalogue
from server.commerce.model import CustomerRecord, Fact, OrderSnapshot
from server.commerce.rows import WismoConfig
from server.commerce.store import Store
from server.library import Library
from server.policies.shape import Policy


class Slots(msgspec.Struct, omit_defaults=True):
    """What the customer has said about who they are and what they ask about; each value as they wrote it.

    `sources` tells of each value where it was said, as `channel:number of the event`."""

    order_numbers: list[str] = []
    emails: list[str] = []
    phones: list[str] = []
    names: list[str] = []
    zips: list[str] = []
    sources: dict[str, str] = {}


class Option(msgspec.Struct, omit_defaults=True):
    """A quick reply that was offered: what is shown and what it means."""

    label: str
    value: str


Draft: TypeAlias = ReturnDraft | ChangeDraft | ClaimDraft | SubscriptionDraft | PickupDraft
"""What a task has put together so far."""


class Task(msgspec.Struct, omit_defaults=True):
    """One thing that the customer wants: `skill` is an intent's name, `text` all that was said about it so far.

    `is_resumed` = it was taken up again after something else came between; that happens once.
    `otherwise` = it is wanted only where the task before it cannot be done.
    `fallback` = what shall be done in case that it cannot be, in the customer's words: "if not, return it"."""

    skill: str
    text: str = ""
    order_id: str = ""
    draft: Draft | None = None
    is_resumed: bool = False
    otherwise: bool = False
    fallback: str = ""


class Proposal(msgspec.Struct, omit_defaults=True):
    """What was read back and waits for a clear yes. `arguments` is the action as interfaces name it, with our line ids.

    `decision_hash` is of the ruling that it was read back under; `expires_at` in seconds since 1970."""

    key: str
    name: str
    arguments: dict[str, Any]
    decision_hash: str = ""
    amount_minor: int = 0
    currency: str = ""
    expires_at: float = 0.0
    order_id: str = ""
    customer_id: str = ""


class GoodsTalk(msgspec.Struct, omit_defaults=True):
    """What was last said about goods: `shown` in the order in which they were told, the one in question and its wanted options.

    `question` waits for the product that it is about; `kinds` is what was asked last, `at` when."""

    shown: list[str] = []
    product_id: str = ""
    wanted: dict[str, list[str]] = {}
    kinds: list[str] = []
    question: str = ""
    at: float = 0.0


class Dialogue(msgspec.Struct, omit_defaults=True):
    """The assistant's memory of one thread. `asked` names the question that is open.

    `task` is at work, `todo` waits for it; `solved` is `asked` or `passed` once we asked whether that solved it.
    `last` is the skill that answered last.
    `refused` are notes of what was said once and counts later: refusals, a regret, that number and address were asked for.
    `articles` are the sections of articles that were shown, as `slug#anchor`.
    `noted` are the phrases that were said while a person is awaited, the last one at `noted_at`.
    `openings` are how replies began. `told` is the delivery day or moment that was told last, in ISO 8601, by `order/shipment`."""

    language: str = ""
    task: Task | None = None
    todo: list[Task] = []
    solved: str = ""
    last: str = ""
    order_id: str = ""
    slots: Slots = msgspec.field(default_factory=Slots)
    asked: str = ""
    asked_times: int = 0
    options: list[Option] = []
    proposal: Proposal | None = None
    introduced: bool = False
    contact_asked: bool = False
    contact_given: str = ""
    noted: list[str] = []
    noted_at: float = 0.0
    unsure_times: int = 0
    refused: list[str] = []
    misses: int = 0
    complained_at: float = 0.0
    told: dict[str, str] = {}
    goods: GoodsTalk | None = None
    articles: list[str] = []
    openings: list[str] = []


@dataclass(frozen=True, slots=True)
class Goods:
    """What may be said before a purchase: the catalogue, the currency of prices without one, a template of links to the cart."""

    catalogue: Catalogue
    currency: str = ""
    cart_url: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """The articles that may be quoted, and the address under which the help centre stands."""

    library: Library
    url: str


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the customer that is not answered yet.

    `voice`, where it holds voice notes: `waiting` to be listened to, `heard` (its words are in `text`), or `unheard`.
    `external_id` is its provider's id, empty where it has none. `rating` in stars, where it is a review, 0 = none."""

    seq: int
    text: str
    choice: str | None
    attachments: tuple[Mapping[str, Any], ...]
    at: datetime
    voice: str = ""
    external_id: str = ""
    rating: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a turn reads before it answers. `said` is the burst, `history` the events before it: the last few
    exchanges, and of earlier ones what began or ended a conversation and what was confirmed. A model, and who takes over, get
    the whole (`contexts.with_history`)."""

    thread_id: int
    conv: str
    number: int
    now: datetime
    channel: str
    identity: Identity
    customer: Customer
    said: tuple[Said, ...]
    history: tuple[Event, ...]
    dialogue: Dialogue
    proofs: Mapping[str, frozenset[str]]
    owner_kind: str
    status: str
    language: str
    net: str
    store: Store
    policy: Policy
    shop: "Shop"
    guesses: "Guesses"
    lookups_per_net: int = 0
    complaints: int = 0
    agents_online: bool = False
    back_at: datetime | None = None
    is_desk_open: bool = False
    goods: Goods | None = None
    help: Help | None = None
    codes: Codes | None = None
    wismo: WismoConfig = field(default_factory=WismoConfig)

    @property
    def answers(self) -> int:
        """The last number of the burst."""
        return self.said[-1].seq if self.said else 0

    @property
    def text(self) -> str:
        """The burst as one text, without the marks of codes."""
        texts = (said.text.replace(RECEIVED, "").strip() for said in self.said)
        return "\n".join(text for text in texts if text)


class Guesses(Protocol):
    """How often somebody guessed wrong."""

    async def count(self, bucket: str, since: datetime) -> int:
        """Wrong guesses in a bucket since a time."""
        ...


@dataclass(frozen=True, slots=True)
class Shop:
    """What the assistant may say about the shop itself."""

    name: str
    tz: str
    region: str
    assistant: str
    number_example: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """An action that the gate carried out in this turn, flat, as the outside surface names it."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Labels:
    """What was understood of the burst, for the thread's labels and for the desk.

    `category` goes before the intent where it is given; `articles` are the sections that were shown."""

    intent: str
    intents: tuple[tuple[str, float], ...]
    language: str
    sentiment: str
    frustration: int
    urgency: str
    severity: str
    complexity: str
    risk: tuple[str, ...]
    entities: Mapping[str, Sequence[str]]
    abstain: bool
    category: str = ""
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """A wrong look-up: remembered under each bucket."""

    buckets: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The assistant answers. `waits_for_person` = it only acknowledges, a person will answer."""

    text: str
    evidence: tuple[Fact, ...] = ()
    choices: tuple[Option, ...] = ()
    card: Mapping[str, Any] | None = None
    shown_order: str = ""
    is_resolving: bool = False
    waits_for_person: bool = False
    is_first_proof: bool = False


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person must take over. `text` is what the customer is told beside when somebody will be there."""

    reason: str
    text: str = ""
    evidence: tuple[Fact, ...] = ()
    card: Mapping[str, Any] | None = None
    shown_order: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing to say (a person owns the thread); labels and brief are still refreshed."""


Outcome: TypeAlias = Reply | Handoff | Silence


@dataclass(frozen=True, slots=True)
class Looked:
    """What a turn read of the order system, by id: orders since it last carried something out, and customers."""

    orders: Mapping[str, OrderSnapshot] = field(default_factory=dict)
    customers: Mapping[str, CustomerRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn comes to: the outcome and everything to be committed with it."""

    outcome: Outcome
    dialogue: Dialogue
    labels: Labels | None = None
    proven: Mapping[str, frozenset[str]] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()
    executed: tuple[Executed, ...] = ()
    proposed: tuple[Mapping[str, Any], ...] = ()
    linked_order: str = ""
    title: str = ""
    claims: tuple[tuple[str, str], ...] = ()
    person: tuple[str, bool] | None = None
    dropped: tuple[Dropped, ...] = ()
    looked: Looked = field(default_factory=Looked)
