-- Telephone calls: whose they are, which conversation they belong to, and which token opens their socket next.
CREATE TABLE phone_calls (
    sid TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    attested BIGINT NOT NULL DEFAULT 0,
    language TEXT NOT NULL DEFAULT 'en',
    conv TEXT NOT NULL DEFAULT '',
    thread_id BIGINT NOT NULL DEFAULT 0,
    identity_id BIGINT NOT NULL DEFAULT 0,
    token BIGINT NOT NULL DEFAULT 1,
    opened BIGINT NOT NULL DEFAULT 0,
    prompts BIGINT NOT NULL DEFAULT 0,
    spoken BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'ringing',
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL DEFAULT 0,
    body TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX phone_calls_thread ON phone_calls (thread_id);
CREATE INDEX phone_calls_number ON phone_calls (number);
