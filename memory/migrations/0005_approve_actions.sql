-- Actions through one gate: whose money an action moves and what it counts as, who must agree to it and who did, and every
-- ruling with what it was made of, so that another policy can be held against the past.

ALTER TABLE actions ADD COLUMN customer_id TEXT NOT NULL DEFAULT '';
ALTER TABLE actions ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE actions ADD COLUMN counted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE actions ADD COLUMN need TEXT NOT NULL DEFAULT 'none';
ALTER TABLE actions ADD COLUMN decision_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE actions ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX actions_customer ON actions (customer_id, created_at) WHERE customer_id <> '';
CREATE INDEX actions_order ON actions (order_id) WHERE order_id <> '';
CREATE INDEX actions_paid ON actions (created_at) WHERE amount_minor > 0;

CREATE TABLE purses (name TEXT PRIMARY KEY);

CREATE TABLE approvals (
    action_id BIGINT NOT NULL REFERENCES actions (id),
    agent_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    at BIGINT NOT NULL,
    screen TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (action_id, agent_id)
);

CREATE TABLE rulings (
    id {id},
    thread_id BIGINT NOT NULL,
    key TEXT NOT NULL DEFAULT '',
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    policy_version TEXT NOT NULL,
    policy_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX rulings_at ON rulings (at, id);
