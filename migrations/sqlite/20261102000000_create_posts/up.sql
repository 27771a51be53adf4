CREATE TABLE posts (
    id BLOB NOT NULL CONSTRAINT posts_pkey PRIMARY KEY
        CONSTRAINT posts_id_type_check CHECK (length(id) = 16),
    author_id BLOB NOT NULL CONSTRAINT posts_author_id_fkey REFERENCES users (id),
    title TEXT NOT NULL
        CONSTRAINT posts_title_check CHECK (length(title) BETWEEN 3 AND 200),
    slug TEXT NOT NULL
        CONSTRAINT posts_slug_check
            CHECK (length(slug) BETWEEN 1 AND 250 AND slug NOT GLOB '*[^a-z0-9-]*'
                AND slug NOT GLOB '-*' AND slug NOT GLOB '*-' AND slug NOT GLOB '*--*'),
    -- Whether a client has chosen the slug.
    slug_named INTEGER NOT NULL
        CONSTRAINT posts_slug_named_type_check CHECK (slug_named IN (0, 1)),
    content TEXT NOT NULL
        CONSTRAINT posts_content_check CHECK (length(content) BETWEEN 1 AND 1000000),
    excerpt TEXT
        CONSTRAINT posts_excerpt_check CHECK (length(excerpt) <= 500),
    status TEXT NOT NULL
        CONSTRAINT posts_status_check CHECK (status IN ('draft', 'published', 'archived')),
    -- The first publication.
    published_at INTEGER,
    -- What the list is ordered by: posts that were never published sort below all others.
    published_key INTEGER NOT NULL
        GENERATED ALWAYS AS (coalesce(published_at, -9223372036854775808)) VIRTUAL,
    -- A JSON object in compact text.
    metadata TEXT NOT NULL
        CONSTRAINT posts_metadata_check
            CHECK (octet_length(metadata) <= 65536 AND metadata LIKE '{%}'),
    -- Title and content, folded by the program: what searches look at.
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT posts_version_check CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    -- Whether the deletion was the author's own: then the post comes back with them.
    deleted_with_author INTEGER NOT NULL
        CONSTRAINT posts_deleted_with_author_type_check CHECK (deleted_with_author IN (0, 1)),
    CONSTRAINT posts_status_published_at_check
        CHECK (status = 'draft' OR published_at IS NOT NULL),
    CONSTRAINT posts_deleted_with_author_check
        CHECK (deleted_at IS NOT NULL OR NOT deleted_with_author)
) STRICT;

CREATE UNIQUE INDEX posts_slug_live_key ON posts (slug) WHERE deleted_at IS NULL;

-- One for each order of the list, alone, of one status and of one author. The order by views
-- has its own beside the counts.
CREATE INDEX posts_created_at_idx ON posts (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_updated_at_idx ON posts (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_published_key_idx ON posts (published_key, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_title_idx ON posts (title, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_status_created_at_idx ON posts (status, created_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_status_updated_at_idx ON posts (status, updated_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_status_published_key_idx ON posts (status, published_key, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_status_title_idx ON posts (status, title, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_author_id_created_at_idx ON posts (author_id, created_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_author_id_updated_at_idx ON posts (author_id, updated_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_author_id_published_key_idx ON posts (author_id, published_key, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_author_id_title_idx ON posts (author_id, title, id) WHERE deleted_at IS NULL;

-- The deleted, in the order that is the default.
CREATE INDEX posts_deleted_created_at_idx ON posts (created_at, id) WHERE deleted_at IS NOT NULL;

-- What comes back with its author.
CREATE INDEX posts_deleted_with_author_idx ON posts (author_id, id) WHERE deleted_with_author;

-- The text is folded before it comes here, so that letters are compared as they are.
-- The index keeps no copy of it, nor where in it a trigram stands: a fifth of the size, and
-- searches look at the text itself once more.
CREATE VIRTUAL TABLE posts_search USING fts5 (
    search_text,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    tokenize = 'trigram case_sensitive 1'
);

-- FTS5 knows rows by number. The numbers that SQLite gives the rows of `posts` by itself
-- may change in a VACUUM; these do not.
CREATE TABLE posts_search_rows (
    number INTEGER PRIMARY KEY,
    row_id BLOB NOT NULL UNIQUE
) STRICT;

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
