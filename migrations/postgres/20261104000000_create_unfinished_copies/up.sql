-- Holds its one row while this database is being filled from another, and is not whole.
CREATE TABLE unfinished_copies (
    is_there boolean NOT NULL
        CONSTRAINT unfinished_copies_pkey PRIMARY KEY
        CONSTRAINT unfinished_copies_is_there_check CHECK (is_there)
);
