-- Instants are microseconds since 1970; `…_type_check` says what a type says on PostgreSQL.
CREATE TABLE {table} (
    id BLOB NOT NULL CONSTRAINT {table}_pkey PRIMARY KEY
        CONSTRAINT {table}_id_type_check CHECK (length(id) = 16),
    -- Columns of its own come here, each rule as a constraint with a name.
    -- Folded by the program: what searches look at.
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT {table}_version_check CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

-- One for each order of the list.
CREATE INDEX {table}_created_at_idx ON {table} (created_at, id) WHERE deleted_at IS NULL;

-- The index keeps no copy of the text, nor where in it a trigram stands.
CREATE VIRTUAL TABLE {table}_search USING fts5 (
    search_text,
    content = '',
    contentless_delete = 1,
    detail = 'none',
    tokenize = 'trigram case_sensitive 1'
);

-- Numbers that stay, by which FTS5 knows the rows.
CREATE TABLE {table}_search_rows (
    number INTEGER PRIMARY KEY,
    row_id BLOB NOT NULL UNIQUE
) STRICT;

CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN
    INSERT INTO {table}_search_rows (row_id) VALUES (new.id);
    INSERT INTO {table}_search (rowid, search_text)
        SELECT number, new.search_text FROM {table}_search_rows WHERE row_id = new.id;
END;

CREATE TRIGGER {table}_search_update AFTER UPDATE OF search_text ON {table}
WHEN old.search_text <> new.search_text BEGIN
    UPDATE {table}_search SET search_text = new.search_text
        WHERE rowid = (SELECT number FROM {table}_search_rows WHERE row_id = new.id);
END;

CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN
    DELETE FROM {table}_search
        WHERE rowid = (SELECT number FROM {table}_search_rows WHERE row_id = old.id);
    DELETE FROM {table}_search_rows WHERE row_id = old.id;
END;
