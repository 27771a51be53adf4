-- Slugs that lead to a post which had them, and has another one now.
CREATE TABLE kept_slugs (
    slug text COLLATE "C" NOT NULL
        CONSTRAINT kept_slugs_pkey PRIMARY KEY
        CONSTRAINT kept_slugs_slug_check
            CHECK (length(slug) <= 250 AND slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    post_id uuid NOT NULL
        CONSTRAINT kept_slugs_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE
);
