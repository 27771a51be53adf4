-- What posts say, apart from them, so that whatever else becomes of a post touches neither its
-- text nor the index of trigrams.

-- Nobody writes what would be left behind.
LOCK TABLE posts IN ACCESS EXCLUSIVE MODE;

CREATE TABLE post_texts (
    post_id uuid NOT NULL,
    content text COLLATE "C" NOT NULL
        CONSTRAINT post_texts_content_check CHECK (length(content) BETWEEN 1 AND 1000000),
    -- Title and content, folded by the program: what searches look at.
    search_text text COLLATE "C" NOT NULL
);

INSERT INTO post_texts (post_id, content, search_text)
SELECT id, content, search_text FROM posts;

-- Behind the rows: they are sorted and checked once.
ALTER TABLE post_texts
    ADD CONSTRAINT post_texts_pkey PRIMARY KEY (post_id),
    ADD CONSTRAINT post_texts_post_id_fkey
        FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE;

-- The third part changes nothing but has the table written anew: otherwise its rows would keep
-- the room of what has left them.
ALTER TABLE posts
    DROP COLUMN content,
    DROP COLUMN search_text,
    ALTER COLUMN slug_named TYPE boolean USING slug_named IS TRUE;
