-- Channels with a provider: raw calls that are not text, whose they are; when an address was last heard and whether it
-- wants silence; files that a provider still holds.
ALTER TABLE journal ADD COLUMN encoding TEXT NOT NULL DEFAULT '';
ALTER TABLE journal ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX journal_subject ON journal (subject) WHERE subject <> '';
ALTER TABLE identities ADD COLUMN heard_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identities ADD COLUMN stopped_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identities ADD COLUMN bounced_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN part BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN reported_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX outbox_provider ON outbox (channel, provider_id) WHERE provider_id <> '';
CREATE INDEX outbox_waiting ON outbox (identity_id) WHERE state = 'waiting';
ALTER TABLE uploads ADD COLUMN state TEXT NOT NULL DEFAULT 'here';
CREATE TABLE pending_receipts (
    channel TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (channel, provider_id)
);
CREATE INDEX threads_order ON threads (order_id, last_at) WHERE order_id <> '';
