-- Right before this the program folds the texts of all searches anew, by its present rules, for
-- which SQL has no words: crates/infra/src/schema/refold.rs.

-- The text is folded before it comes here, so that letters are compared as they are.
-- The index keeps no copy of it, nor where in it a trigram stands: a fifth of the size, and
-- searches look at the text itself once more.
CREATE VIRTUAL TABLE post_texts_search USING fts5 (
    search_text,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    tokenize = 'trigram case_sensitive 1'
);

-- FTS5 knows rows by number. The numbers that SQLite gives the rows of `post_texts` by itself
-- may change in a VACUUM; these do not.
CREATE TABLE post_texts_search_rows (
    number INTEGER PRIMARY KEY,
    row_id BLOB NOT NULL UNIQUE
) STRICT;

INSERT INTO post_texts_search_rows (row_id) SELECT post_id FROM post_texts ORDER BY post_id;
INSERT INTO post_texts_search (rowid, search_text)
SELECT number, search_text FROM post_texts_search_rows JOIN post_texts ON post_id = row_id
ORDER BY number;

CREATE TRIGGER post_texts_search_insert AFTER INSERT ON post_texts BEGIN
    INSERT INTO post_texts_search_rows (row_id) VALUES (new.post_id);
    INSERT INTO post_texts_search (rowid, search_text)
        SELECT number, new.search_text FROM post_texts_search_rows WHERE row_id = new.post_id;
END;

CREATE TRIGGER post_texts_search_update AFTER UPDATE OF search_text ON post_texts
WHEN old.search_text <> new.search_text BEGIN
    UPDATE post_texts_search SET search_text = new.search_text
        WHERE rowid = (SELECT number FROM post_texts_search_rows WHERE row_id = new.post_id);
END;

CREATE TRIGGER post_texts_search_delete AFTER DELETE ON post_texts BEGIN
    DELETE FROM post_texts_search
        WHERE rowid = (SELECT number FROM post_texts_search_rows WHERE row_id = old.post_id);
    DELETE FROM post_texts_search_rows WHERE row_id = old.post_id;
END;
