-- Times are milliseconds since 1970 UTC, money is minor units, truth values are 0 or 1, documents are JSON text.
-- {id} is the engine's cheapest integer key, {clustered} keeps a table in the order of its key where the engine can.

CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counters (name, value) VALUES ('thread', 1000);

CREATE TABLE customers (
    id {id},
    store_id TEXT,
    name TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL DEFAULT '',
    vip BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX customers_store ON customers (store_id) WHERE store_id IS NOT NULL;

CREATE TABLE identities (
    id {id},
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    display TEXT NOT NULL DEFAULT '',
    profile_name TEXT NOT NULL DEFAULT '',
    proof TEXT NOT NULL,
    blocked BIGINT NOT NULL DEFAULT 0,
    proof_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identities_proven ON identities (kind, key) WHERE proof <> 'claimed';
CREATE UNIQUE INDEX identities_claimed ON identities (customer_id, kind, key);

CREATE TABLE agents (
    id {id},
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    skills TEXT NOT NULL DEFAULT '[]',
    password_hash TEXT NOT NULL DEFAULT '',
    disabled BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE TABLE agent_sessions (
    hash TEXT PRIMARY KEY,
    agent_id BIGINT NOT NULL REFERENCES agents (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE agent_tokens (
    hash TEXT PRIMARY KEY,
    agent_id BIGINT NOT NULL REFERENCES agents (id),
    created_at BIGINT NOT NULL
);
CREATE TABLE presence (
    agent_id BIGINT NOT NULL REFERENCES agents (id),
    instance TEXT NOT NULL,
    away BIGINT NOT NULL DEFAULT 0,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (agent_id, instance)
);

CREATE TABLE threads (
    id {id},
    public_id TEXT NOT NULL UNIQUE,
    number BIGINT NOT NULL UNIQUE,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    previous_id BIGINT,
    created_at BIGINT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'new',
    priority TEXT NOT NULL DEFAULT 'medium',
    priority_reason TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT 'en',
    channel TEXT NOT NULL DEFAULT '',
    order_id TEXT NOT NULL DEFAULT '',
    owner_kind TEXT NOT NULL DEFAULT 'assistant',
    owner_id BIGINT NOT NULL DEFAULT 0,
    owner_name TEXT NOT NULL DEFAULT '',
    handoff_reason TEXT NOT NULL DEFAULT '',
    mood BIGINT NOT NULL DEFAULT 0,
    preview TEXT NOT NULL DEFAULT '',
    last_seq BIGINT NOT NULL DEFAULT 0,
    moved_seq BIGINT NOT NULL DEFAULT 0,
    last_customer_seq BIGINT NOT NULL DEFAULT 0,
    last_reply_seq BIGINT NOT NULL DEFAULT 0,
    last_at BIGINT NOT NULL DEFAULT 0,
    waiting_since BIGINT NOT NULL DEFAULT 0,
    resolved_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX threads_customer ON threads (customer_id, id);
CREATE INDEX threads_inbox ON threads (status, last_at, id);
CREATE INDEX threads_owner ON threads (owner_kind, owner_id, last_at);

CREATE TABLE participants (
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    identity_id BIGINT NOT NULL REFERENCES identities (id),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (thread_id, identity_id)
);
CREATE INDEX participants_identity ON participants (identity_id, thread_id);

CREATE TABLE events (
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    type TEXT NOT NULL,
    audience TEXT NOT NULL,
    author_type TEXT NOT NULL,
    author_id BIGINT NOT NULL DEFAULT 0,
    author_name TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL DEFAULT '',
    identity_id BIGINT NOT NULL DEFAULT 0,
    cid TEXT,
    external_id TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (thread_id, seq)
) {clustered};
CREATE UNIQUE INDEX events_cid ON events (thread_id, cid) WHERE cid IS NOT NULL;
CREATE UNIQUE INDEX events_external ON events (channel, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE reads (
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    reader TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (thread_id, reader)
);

CREATE TABLE turns (
    thread_id BIGINT PRIMARY KEY REFERENCES threads (id),
    due_at BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX turns_due ON turns (due_at);

CREATE TABLE dialogues (
    thread_id BIGINT PRIMARY KEY REFERENCES threads (id),
    seq BIGINT NOT NULL,
    state TEXT NOT NULL
);

CREATE TABLE actions (
    id {id},
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    order_id TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    result TEXT NOT NULL DEFAULT '{}',
    amount_minor BIGINT NOT NULL DEFAULT 0,
    currency TEXT NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX actions_thread ON actions (thread_id, id);
CREATE INDEX actions_state ON actions (state, updated_at);

CREATE TABLE outbox (
    id {id},
    key TEXT NOT NULL UNIQUE,
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    seq BIGINT NOT NULL,
    channel TEXT NOT NULL,
    identity_id BIGINT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'due',
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    provider_id TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, due_at);

CREATE TABLE timers (
    id {id},
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    thread_id BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    body TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX timers_due ON timers (due_at);

CREATE TABLE evidence (
    id {id},
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    identity_id BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    word TEXT NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX evidence_thread ON evidence (thread_id, order_id);

CREATE TABLE guesses (
    bucket TEXT NOT NULL,
    at BIGINT NOT NULL,
    value TEXT NOT NULL DEFAULT ''
);
CREATE INDEX guesses_bucket ON guesses (bucket, at);

CREATE TABLE used_tokens (jti TEXT PRIMARY KEY, expires_at BIGINT NOT NULL);

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    thread_id BIGINT NOT NULL,
    conv TEXT NOT NULL,
    identity_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE briefs (
    thread_id BIGINT PRIMARY KEY REFERENCES threads (id),
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE thread_orders (
    thread_id BIGINT NOT NULL REFERENCES threads (id),
    order_id TEXT NOT NULL,
    rma TEXT NOT NULL DEFAULT '',
    identity_id BIGINT NOT NULL,
    digest TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (thread_id, order_id, rma)
);
CREATE INDEX thread_orders_order ON thread_orders (order_id);

CREATE TABLE store_customers (id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE store_customer_contacts (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (kind, key, customer_id)
);
CREATE TABLE store_orders (
    id TEXT PRIMARY KEY,
    number_key TEXT NOT NULL,
    customer_id TEXT NOT NULL DEFAULT '',
    placed_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    read_at BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX store_orders_number ON store_orders (number_key);
CREATE INDEX store_orders_customer ON store_orders (customer_id, placed_at);
CREATE INDEX store_orders_read ON store_orders (read_at);
CREATE TABLE store_order_contacts (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (kind, key, order_id)
);
CREATE INDEX store_order_contacts_order ON store_order_contacts (order_id);
CREATE TABLE store_products (id TEXT PRIMARY KEY, words TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE store_variants (sku TEXT PRIMARY KEY, product_id TEXT NOT NULL);
CREATE TABLE store_extras (kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE store_writes (key TEXT PRIMARY KEY, name TEXT NOT NULL, order_id TEXT NOT NULL, result TEXT NOT NULL, at BIGINT NOT NULL);
