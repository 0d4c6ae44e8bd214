-- Mail: how far each mailbox was read, and what was sent to an address lately.
CREATE TABLE mail_cursors (
    mailbox TEXT PRIMARY KEY,
    validity BIGINT NOT NULL,
    last_uid BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX outbox_identity ON outbox (identity_id, created_at);
