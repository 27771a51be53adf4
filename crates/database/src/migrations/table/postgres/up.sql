CREATE TABLE {table} (
    id uuid NOT NULL CONSTRAINT {table}_pkey PRIMARY KEY,
    -- Columns of its own come here, each rule as a constraint with a name.
    -- Folded by the program: what searches look at.
    search_text text COLLATE "C" NOT NULL,
    version bigint NOT NULL CONSTRAINT {table}_version_check CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);

-- One for each order of the list.
CREATE INDEX {table}_created_at_idx ON {table} (created_at, id) WHERE deleted_at IS NULL;

-- The operator class lives in the schema of the extension, which may be on no search path.
DO $$
BEGIN
    EXECUTE format(
        'CREATE INDEX {table}_search_text_idx ON {table} USING gin (search_text %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'pg_trgm')
    );
END
$$;
