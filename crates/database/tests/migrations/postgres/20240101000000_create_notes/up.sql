CREATE TABLE notes (
    id uuid CONSTRAINT notes_pkey PRIMARY KEY,
    title text NOT NULL CONSTRAINT notes_title_key UNIQUE,
    written_at timestamptz NOT NULL,
    CONSTRAINT notes_title_check CHECK (title <> '')
);
