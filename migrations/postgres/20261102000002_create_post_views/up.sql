-- How often posts were read, apart from them: a view rewrites no post. What lists in the order
-- of views filter by stands here once more, as triggers on `posts` keep it.
CREATE TABLE post_views (
    post_id uuid NOT NULL
        CONSTRAINT post_views_pkey PRIMARY KEY
        CONSTRAINT post_views_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
    author_id uuid NOT NULL,
    status text COLLATE "C" NOT NULL,
    is_live boolean NOT NULL,
    count bigint NOT NULL CONSTRAINT post_views_count_check CHECK (count >= 0)
);

-- The order by views, alone, of one status and of one author.
CREATE INDEX post_views_count_idx ON post_views (count, post_id) WHERE is_live;
CREATE INDEX post_views_status_count_idx ON post_views (status, count, post_id) WHERE is_live;
CREATE INDEX post_views_author_id_count_idx ON post_views (author_id, count, post_id)
    WHERE is_live;

CREATE FUNCTION post_views_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO post_views (post_id, author_id, status, is_live, count)
        VALUES (new.id, new.author_id, new.status, new.deleted_at IS NULL, 0);
    RETURN NULL;
END
$$;

CREATE FUNCTION post_views_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE post_views
        SET author_id = new.author_id, status = new.status, is_live = new.deleted_at IS NULL
        WHERE post_id = new.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER posts_views_insert AFTER INSERT ON posts
FOR EACH ROW EXECUTE FUNCTION post_views_insert();

CREATE TRIGGER posts_views_update AFTER UPDATE OF author_id, status, deleted_at ON posts
FOR EACH ROW WHEN (old.author_id <> new.author_id OR old.status <> new.status
    OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL))
EXECUTE FUNCTION post_views_update();

-- Batches of views that have been added: one that is sent again is not added again.
CREATE TABLE view_batches (
    id uuid NOT NULL CONSTRAINT view_batches_pkey PRIMARY KEY,
    made_at timestamptz NOT NULL
);

CREATE INDEX view_batches_made_at_idx ON view_batches (made_at);

-- What was written before, as after a step down.
INSERT INTO post_views (post_id, author_id, status, is_live, count)
SELECT id, author_id, status, deleted_at IS NULL, 0 FROM posts;
