-- One-time codes: what was sent, for what and to whom, without the code and without the address; both stand here only as keyed
-- digests. A row that was never sent anywhere (nobody is known by that address) looks like every other.

CREATE TABLE codes (
    id {id},
    thread_id BIGINT NOT NULL,
    identity_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    word TEXT NOT NULL,
    subjects TEXT NOT NULL,
    destination TEXT NOT NULL,
    net TEXT NOT NULL,
    digest TEXT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'open',
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX codes_thread ON codes (thread_id, identity_id, at);
CREATE INDEX codes_destination ON codes (destination, at);
CREATE INDEX codes_identity ON codes (identity_id, at);
CREATE INDEX codes_net ON codes (net, at) WHERE net <> '';
