"""What the rooms share: opened once by the application (or by `chat` and `rehearse`) and handed to whoever needs it."""

import secrets
from dataclasses import dataclass, field

from memory.engines.base import Database
from server.bus import LocalBus
from server.clock import Clock
from server.codes import Codes, Post
from server.commerce.catalogue.catalogue import Catalogue
from server.commerce.labels.labels import Labels
from server.commerce.silence import Limits
from server.commerce.store import Store
from server.connections import Connections
from server.partials import Partials
from server.policies.shape import Policy
from server.providers import Lines
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The shared parts of one process. `lines` = providers of channels, whose replies go through the outbox.

    `labels` makes return labels, None = nobody does; `post` sends one-time codes, None = nobody can;
    `limits` are how long things may take before they are called late or
    stalled, as configured and as learned;
    `instance` names the process where several share a database."""

    settings: Settings
    clock: Clock
    database: Database
    bus: LocalBus
    store: Store
    policy: Policy
    lines: Lines = field(default_factory=Lines)
    connections: Connections = field(default_factory=Connections)
    limits: Limits = field(default_factory=Limits)
    labels: Labels | None = None
    post: Post | None = None
    instance: str = field(default_factory=lambda: secrets.token_hex(6))
    catalogue: Catalogue = field(init=False)
    codes: Codes = field(init=False)
    partials: Partials = field(init=False)

    def __post_init__(self) -> None:
        """One index of the goods for the whole process, and one desk for codes, one place for what is being written."""
        object.__setattr__(self, "catalogue", Catalogue(self.database, self.clock, self.store.source))
        object.__setattr__(self, "partials", Partials(self.database, self.bus))
        settings = self.settings
        counts_nets = settings.limits.lookups_per_ip > 0
        keys = settings.server.secret_keys
        object.__setattr__(self, "codes", Codes(self.database, self.clock, keys, self.post, counts_nets))
