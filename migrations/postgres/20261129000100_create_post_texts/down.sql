ALTER TABLE posts
    ADD COLUMN content text COLLATE "C",
    ADD COLUMN search_text text COLLATE "C";

-- The counts stay what they are.
ALTER TABLE posts DISABLE TRIGGER posts_counts_update;
UPDATE posts SET content = post_texts.content, search_text = post_texts.search_text
    FROM post_texts WHERE post_texts.post_id = posts.id;
ALTER TABLE posts ENABLE TRIGGER posts_counts_update;

ALTER TABLE posts
    ALTER COLUMN content SET NOT NULL,
    ALTER COLUMN search_text SET NOT NULL,
    ADD CONSTRAINT posts_content_check CHECK (length(content) BETWEEN 1 AND 1000000);

DROP TABLE post_texts;

-- The operator class lives in the schema of the extension, which may be on no search path.
DO $$
BEGIN
    EXECUTE format(
        'CREATE INDEX posts_search_text_idx ON posts USING gin (search_text %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'pg_trgm')
    );
END
$$;
