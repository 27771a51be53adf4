CREATE TABLE tokens (
    id uuid NOT NULL CONSTRAINT tokens_pkey PRIMARY KEY,
    user_id uuid NOT NULL
        CONSTRAINT tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL
        CONSTRAINT tokens_kind_check CHECK (kind IN ('session', 'api')),
    name text COLLATE "C"
        CONSTRAINT tokens_name_check CHECK (length(name) BETWEEN 1 AND 100),
    -- The SHA-256 of the token, which itself is nowhere in the database.
    digest bytea NOT NULL
        CONSTRAINT tokens_digest_key UNIQUE
        CONSTRAINT tokens_digest_check CHECK (length(digest) = 32),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    -- NULL is never.
    expires_at timestamptz,
    CONSTRAINT tokens_kind_name_check CHECK ((kind = 'api') = (name IS NOT NULL)),
    CONSTRAINT tokens_kind_expires_at_check CHECK (kind = 'api' OR expires_at IS NOT NULL)
);

CREATE INDEX tokens_user_id_idx ON tokens (user_id);
CREATE INDEX tokens_expires_at_idx ON tokens (expires_at) WHERE expires_at IS NOT NULL;
