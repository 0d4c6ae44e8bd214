-- What agents corrected in the understanding of a message: labelled examples, which count for training once somebody accepted them.

CREATE TABLE corrections (
    id {id},
    thread_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    text_hash TEXT NOT NULL,
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    field TEXT NOT NULL,
    was TEXT NOT NULL,
    becomes TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    reviewer_id BIGINT NOT NULL DEFAULT 0,
    reviewed_at BIGINT NOT NULL DEFAULT 0,
    UNIQUE (thread_id, seq, field)
);
CREATE INDEX corrections_state ON corrections (state, id);
