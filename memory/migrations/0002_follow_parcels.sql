-- Live order state: when an order was last read and whether it must be read again, what carriers, warehouses and payment
-- providers told, and the calls that they made, kept until they are worked in.

ALTER TABLE store_orders ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store_orders ADD COLUMN stale_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store_orders ADD COLUMN indexed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX store_orders_unindexed ON store_orders (indexed) WHERE indexed = 0;
CREATE INDEX store_orders_stale ON store_orders (stale_at) WHERE stale_at > 0;

ALTER TABLE store_products ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX store_products_changed ON store_products (changed_at);

CREATE TABLE journal (
    id {id},
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX journal_key ON journal (source, key);
CREATE INDEX journal_due ON journal (due_at) WHERE state = 'waiting';
CREATE INDEX journal_received ON journal (received_at);

CREATE TABLE parcels (
    number TEXT PRIMARY KEY,
    version BIGINT NOT NULL DEFAULT 1,
    read_at BIGINT NOT NULL DEFAULT 0,
    open BIGINT NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    poll_at BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX parcels_poll ON parcels (poll_at) WHERE poll_at > 0;
CREATE TABLE order_parcels (
    order_id TEXT NOT NULL,
    number TEXT NOT NULL,
    carrier TEXT NOT NULL DEFAULT '',
    noticed BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, number)
);
CREATE INDEX order_parcels_number ON order_parcels (number);

CREATE TABLE order_notices (
    order_id TEXT NOT NULL,
    key TEXT NOT NULL,
    at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (order_id, key)
);

CREATE TABLE watermarks (name TEXT PRIMARY KEY, at BIGINT NOT NULL);
