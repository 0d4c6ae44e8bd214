-- The knowledge base: articles as they were written, one row for each language.

CREATE TABLE articles (
    slug TEXT NOT NULL,
    language TEXT NOT NULL,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    tags TEXT NOT NULL,
    is_internal BIGINT NOT NULL,
    updated_on TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (slug, language)
);
