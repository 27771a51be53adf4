CREATE TABLE posts (
    id uuid NOT NULL CONSTRAINT posts_pkey PRIMARY KEY,
    author_id uuid NOT NULL CONSTRAINT posts_author_id_fkey REFERENCES users (id),
    title text COLLATE "C" NOT NULL
        CONSTRAINT posts_title_check CHECK (length(title) BETWEEN 3 AND 200),
    slug text COLLATE "C" NOT NULL
        CONSTRAINT posts_slug_check
            CHECK (length(slug) <= 250 AND slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    -- Whether a client has chosen the slug.
    slug_named boolean NOT NULL,
    content text COLLATE "C" NOT NULL
        CONSTRAINT posts_content_check CHECK (length(content) BETWEEN 1 AND 1000000),
    excerpt text COLLATE "C"
        CONSTRAINT posts_excerpt_check CHECK (length(excerpt) <= 500),
    status text COLLATE "C" NOT NULL
        CONSTRAINT posts_status_check CHECK (status IN ('draft', 'published', 'archived')),
    -- The first publication.
    published_at timestamptz,
    -- What the list is ordered by: posts that were never published sort below all others.
    published_key timestamptz NOT NULL
        GENERATED ALWAYS AS (coalesce(published_at, '-infinity'::timestamptz)) STORED,
    -- A JSON object in compact text: as `jsonb` its keys would change their order and its
    -- numbers their digits.
    metadata text COLLATE "C" NOT NULL
        CONSTRAINT posts_metadata_check
            CHECK (octet_length(metadata) <= 65536 AND metadata LIKE '{%}'),
    -- Title and content, folded by the program: what searches look at.
    search_text text COLLATE "C" NOT NULL,
    version bigint NOT NULL CONSTRAINT posts_version_check CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    -- Whether the deletion was the author's own: then the post comes back with them.
    deleted_with_author boolean NOT NULL,
    CONSTRAINT posts_status_published_at_check
        CHECK (status = 'draft' OR published_at IS NOT NULL),
    CONSTRAINT posts_deleted_with_author_check
        CHECK (deleted_at IS NOT NULL OR NOT deleted_with_author)
);

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

-- The operator class lives in the schema of the extension, which may be on no search path.
DO $$
BEGIN
    EXECUTE format(
        'CREATE INDEX posts_search_text_idx ON posts USING gin (search_text %I.gin_trgm_ops)',
        (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'pg_trgm')
    );
END
$$;
