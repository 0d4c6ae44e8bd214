-- When each address of a shop's customer was first seen: one that came later than the first is a change, and lately changed
-- addresses prove less.

CREATE TABLE contacts_seen (
    customer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, kind, key)
);
