-- Slugs that lead to a post which had them, and has another one now.
CREATE TABLE kept_slugs (
    slug TEXT NOT NULL
        CONSTRAINT kept_slugs_pkey PRIMARY KEY
        CONSTRAINT kept_slugs_slug_check
            CHECK (length(slug) BETWEEN 1 AND 250 AND slug NOT GLOB '*[^a-z0-9-]*'
                AND slug NOT GLOB '-*' AND slug NOT GLOB '*-' AND slug NOT GLOB '*--*'),
    post_id BLOB NOT NULL
        CONSTRAINT kept_slugs_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE
) STRICT;
