CREATE TABLE notes (
    id BLOB NOT NULL CONSTRAINT notes_pkey PRIMARY KEY,
    title TEXT NOT NULL CONSTRAINT notes_title_key UNIQUE,
    written_at INTEGER NOT NULL,
    CONSTRAINT notes_title_check CHECK (title <> '')
) STRICT, WITHOUT ROWID;
