-- What posts say, apart from them, so that whatever else becomes of a post touches neither its
-- text nor the index of trigrams.
CREATE TABLE post_texts (
    post_id BLOB NOT NULL
        CONSTRAINT post_texts_pkey PRIMARY KEY
        CONSTRAINT post_texts_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
    content TEXT NOT NULL
        CONSTRAINT post_texts_content_check CHECK (length(content) BETWEEN 1 AND 1000000),
    -- Title and content, folded by the program: what searches look at.
    search_text TEXT NOT NULL
) STRICT;

INSERT INTO post_texts (post_id, content, search_text)
SELECT id, content, search_text FROM posts ORDER BY id;

DROP TRIGGER posts_search_insert;
DROP TRIGGER posts_search_update;
DROP TRIGGER posts_search_delete;
DROP TABLE posts_search;
DROP TABLE posts_search_rows;
ALTER TABLE posts DROP COLUMN content;
ALTER TABLE posts DROP COLUMN search_text;
