-- Further keys of one identity, as its provider attests them: a WhatsApp user id beside a number.
CREATE TABLE identity_aliases (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    identity_id BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
