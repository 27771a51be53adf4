-- Instants are microseconds since 1970; `…_type_check` says what a type says on PostgreSQL.
CREATE TABLE users (
    id BLOB NOT NULL CONSTRAINT users_pkey PRIMARY KEY
        CONSTRAINT users_id_type_check CHECK (length(id) = 16),
    email TEXT NOT NULL
        CONSTRAINT users_email_check
            CHECK (length(email) <= 254 AND email LIKE '_%@_%' AND email = lower(email)),
    password_hash TEXT NOT NULL
        CONSTRAINT users_password_hash_check CHECK (length(password_hash) BETWEEN 1 AND 1000),
    first_name TEXT NOT NULL
        CONSTRAINT users_first_name_check CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name TEXT NOT NULL
        CONSTRAINT users_last_name_check CHECK (length(last_name) <= 100),
    role TEXT NOT NULL
        CONSTRAINT users_role_check CHECK (role IN ('user', 'moderator', 'admin')),
    is_active INTEGER NOT NULL
        CONSTRAINT users_is_active_type_check CHECK (is_active IN (0, 1)),
    last_login_at INTEGER,
    -- What the list is ordered by: users who never logged in sort below all others.
    last_login_key INTEGER NOT NULL
        GENERATED ALWAYS AS (coalesce(last_login_at, -9223372036854775808)) VIRTUAL,
    -- Email and name, folded by the program: what searches look at.
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT users_version_check CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE UNIQUE INDEX users_email_live_key ON users (email) WHERE deleted_at IS NULL;

-- One for each order of the list.
CREATE INDEX users_created_at_idx ON users (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX users_updated_at_idx ON users (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX users_email_idx ON users (email, id) WHERE deleted_at IS NULL;
CREATE INDEX users_first_name_idx ON users (first_name, id) WHERE deleted_at IS NULL;
CREATE INDEX users_last_name_idx ON users (last_name, id) WHERE deleted_at IS NULL;
CREATE INDEX users_last_login_key_idx ON users (last_login_key, id) WHERE deleted_at IS NULL;

-- The deleted, in the order that is the default.
CREATE INDEX users_deleted_created_at_idx ON users (created_at, id) WHERE deleted_at IS NOT NULL;

CREATE INDEX users_active_admin_idx ON users (id)
    WHERE role = 'admin' AND is_active AND deleted_at IS NULL;

-- The text is folded before it comes here, so that letters are compared as they are.
-- The index keeps no copy of it, nor where in it a trigram stands: a fifth of the size, and
-- searches look at the text itself once more.
CREATE VIRTUAL TABLE users_search USING fts5 (
    search_text,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    tokenize = 'trigram case_sensitive 1'
);

-- FTS5 knows rows by number. The numbers that SQLite gives the rows of `users` by itself
-- may change in a VACUUM; these do not.
CREATE TABLE users_search_rows (
    number INTEGER PRIMARY KEY,
    row_id BLOB NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO users_search_rows (row_id) VALUES (new.id);
    INSERT INTO users_search (rowid, search_text)
        SELECT number, new.search_text FROM users_search_rows WHERE row_id = new.id;
END;

CREATE TRIGGER users_search_update AFTER UPDATE OF search_text ON users
WHEN old.search_text <> new.search_text BEGIN
    UPDATE users_search SET search_text = new.search_text
        WHERE rowid = (SELECT number FROM users_search_rows WHERE row_id = new.id);
END;

CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
    DELETE FROM users_search
        WHERE rowid = (SELECT number FROM users_search_rows WHERE row_id = old.id);
    DELETE FROM users_search_rows WHERE row_id = old.id;
END;
