"""What this process counts, in one Prometheus registry of its own.

Doors, turns and outbox name their counters here, so that `/metrics` shows them all. Labels are closed sets; an id,
an address or a word of a customer is never a label.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

sockets = Gauge("onethread_sockets", "Open sockets and event streams, by door", ["door"], registry=REGISTRY)
closed = Counter("onethread_sockets_closed", "Connections that the server closed, by code", ["code"], registry=REGISTRY)
accepted = Counter("onethread_messages_accepted", "Messages stored, by channel", ["channel"], registry=REGISTRY)
refused = Counter("onethread_messages_refused", "Messages not stored, by wire code", ["code"], registry=REGISTRY)
sessions = Counter("onethread_sessions", "Widget sessions, by outcome", ["outcome"], registry=REGISTRY)
errors = Counter("onethread_errors", "Failures at an edge of the process, by edge", ["edge"], registry=REGISTRY)
commits = Histogram(
    "onethread_commit_seconds",
    "From a message's arrival to its commit",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
outside = Counter(
    "onethread_outside_calls", "Calls to other parties, by party and outcome", ["party", "outcome"], registry=REGISTRY
)
outside_seconds = Histogram(
    "onethread_outside_seconds",
    "Time that other parties took",
    ["party"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
throttled = Counter("onethread_outside_throttled", "Times that a party asked us to wait", ["party"], registry=REGISTRY)
breaker = Gauge("onethread_outside_circuit_open", "1 while calls to a party are refused", ["party"], registry=REGISTRY)
order_reads = Counter(
    "onethread_order_reads", "Orders asked for, by where the answer came from", ["answer"], registry=REGISTRY
)
hooks = Counter("onethread_hooks", "Webhook calls, by source and outcome", ["source", "outcome"], registry=REGISTRY)
hook_seconds = Histogram(
    "onethread_hook_seconds",
    "From a webhook's arrival to its being worked in",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300),
    registry=REGISTRY,
)
unknown_words = Counter(
    "onethread_unknown_words", "Words of platforms and carriers that no table knows", ["source"], registry=REGISTRY
)
model_tokens = Counter("onethread_model_tokens", "Tokens of the model, by kind", ["kind"], registry=REGISTRY)
model_turns = Counter("onethread_model_turns", "Turns that asked the model, by outcome", ["outcome"], registry=REGISTRY)
articles_rated = Counter(
    "onethread_articles_rated", "Answers to `was this helpful?`, by article", ["article", "answer"], registry=REGISTRY
)


def render() -> bytes:
    """Everything counted so far, in Prometheus' text format."""
    return generate_latest(REGISTRY)
