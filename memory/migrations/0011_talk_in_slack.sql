-- Slack: the message that stands for a thread in the agents' channel, what was posted under it and up to which event, calls
-- that were worked in, who somebody is there, and words that wait for their author's yes.
CREATE TABLE slack_roots (
    id BIGINT PRIMARY KEY,
    thread_id BIGINT NOT NULL,
    handoff_seq BIGINT NOT NULL,
    team TEXT NOT NULL DEFAULT '',
    channel TEXT NOT NULL DEFAULT '',
    ts TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'live',
    seq BIGINT NOT NULL,
    shown TEXT NOT NULL DEFAULT '',
    sending TEXT NOT NULL DEFAULT '',
    sending_at BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX slack_roots_live ON slack_roots (thread_id) WHERE state = 'live';
CREATE UNIQUE INDEX slack_roots_place ON slack_roots (team, channel, ts) WHERE ts <> '';
CREATE INDEX slack_roots_thread ON slack_roots (thread_id);
CREATE TABLE slack_posts (
    root_id BIGINT NOT NULL,
    ts TEXT NOT NULL,
    seq BIGINT NOT NULL,
    is_typed BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (root_id, ts)
);
CREATE INDEX slack_posts_seq ON slack_posts (root_id, seq);
CREATE TABLE slack_calls (
    key TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE TABLE slack_users (
    team TEXT NOT NULL,
    user_id TEXT NOT NULL,
    email TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (team, user_id)
);
CREATE INDEX slack_users_email ON slack_users (team, email);
CREATE TABLE slack_drafts (
    id TEXT PRIMARY KEY,
    root_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    ts TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL,
    files TEXT NOT NULL DEFAULT '[]',
    seen BIGINT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    created_at BIGINT NOT NULL
);
CREATE INDEX slack_drafts_root ON slack_drafts (root_id, agent_id, state);
CREATE UNIQUE INDEX slack_drafts_key ON slack_drafts (root_id, key);
