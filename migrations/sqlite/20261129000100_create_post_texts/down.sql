-- A new column must have a value for the rows that are there.
ALTER TABLE posts ADD COLUMN content TEXT NOT NULL DEFAULT '-'
    CONSTRAINT posts_content_check CHECK (length(content) BETWEEN 1 AND 1000000);
ALTER TABLE posts ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

UPDATE posts SET content = post_texts.content, search_text = post_texts.search_text
    FROM post_texts WHERE post_texts.post_id = posts.id;

DROP TABLE post_texts;

CREATE VIRTUAL TABLE posts_search USING fts5 (
    search_text,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE posts_search_rows (
    number INTEGER PRIMARY KEY,
    row_id BLOB NOT NULL UNIQUE
) STRICT;

INSERT INTO posts_search_rows (row_id) SELECT id FROM posts ORDER BY id;
INSERT INTO posts_search (rowid, search_text)
SELECT number, search_text FROM posts_search_rows JOIN posts ON posts.id = row_id
ORDER BY number;

CREATE TRIGGER posts_search_insert AFTER INSERT ON posts BEGIN
    INSERT INTO posts_search_rows (row_id) VALUES (new.id);
    INSERT INTO posts_search (rowid, search_text)
        SELECT number, new.search_text FROM posts_search_rows WHERE row_id = new.id;
END;

CREATE TRIGGER posts_search_update AFTER UPDATE OF search_text ON posts
WHEN old.search_text <> new.search_text BEGIN
    UPDATE posts_search SET search_text = new.search_text
        WHERE rowid = (SELECT number FROM posts_search_rows WHERE row_id = new.id);
END;

CREATE TRIGGER posts_search_delete AFTER DELETE ON posts BEGIN
    DELETE FROM posts_search
        WHERE rowid = (SELECT number FROM posts_search_rows WHERE row_id = old.id);
    DELETE FROM posts_search_rows WHERE row_id = old.id;
END;
