-- The extension belongs to the database, not to the schema of one installation:
-- two installations that are migrated at once may race for it.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
EXCEPTION
    WHEN unique_violation OR duplicate_object THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE 'have a superuser run, in this database: CREATE EXTENSION pg_trgm';
END
$$;

CREATE TABLE users (
    id uuid NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    email text COLLATE "C" NOT NULL
        CONSTRAINT users_email_check
            CHECK (length(email) <= 254 AND email LIKE '_%@_%' AND email = lower(email)),
    password_hash text COLLATE "C" NOT NULL
        CONSTRAINT users_password_hash_check CHECK (length(password_hash) BETWEEN 1 AND 1000),
    first_name text COLLATE "C" NOT NULL
        CONSTRAINT users_first_name_check CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name text COLLATE "C" NOT NULL
        CONSTRAINT users_last_name_check CHECK (length(last_name) <= 100),
    role text COLLATE "C" NOT NULL
        CONSTRAINT users_role_check CHECK (role IN ('user', 'moderator', 'admin')),
    is_active boolean NOT NULL,
    last_login_at timestamptz,
    -- What the list is ordered by: users who never logged in sort below all others.
    last_login_key timestamptz NOT NULL
        GENERATED ALWAYS AS (coalesce(last_login_at, '-infinity'::timestamptz)) STORED,
    -- Email and name, folded by the program: what searches look at.
    search_text text COLLATE "C" NOT NULL,
    version bigint NOT NULL CONSTRAINT users_version_check CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);

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

-- The operator class lives in the schema of the extension, which may be on no search path.
DO $$
BEGIN
    EXECUTE format(
        'CREATE INDEX users_search_text_idx ON users USING gin (search_text %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'pg_trgm')
    );
END
$$;
