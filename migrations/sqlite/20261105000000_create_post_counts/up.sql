-- How many posts there are of each status and liveness, so that the total of a list needs no
-- count.
CREATE TABLE post_counts (
    id INTEGER NOT NULL CONSTRAINT post_counts_pkey PRIMARY KEY,
    status TEXT NOT NULL,
    is_live INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;

WITH statuses (status) AS (VALUES ('draft'), ('published'), ('archived')),
    livenesses (is_live) AS (VALUES (FALSE), (TRUE))
INSERT INTO post_counts (status, is_live, count)
SELECT status, is_live, (SELECT count(*) FROM posts
    WHERE posts.status = statuses.status AND (posts.deleted_at IS NULL) = is_live)
FROM statuses, livenesses;

CREATE TRIGGER posts_counts_insert AFTER INSERT ON posts BEGIN
    UPDATE post_counts SET count = count + 1
        WHERE status = new.status AND is_live = (new.deleted_at IS NULL);
END;

CREATE TRIGGER posts_counts_update AFTER UPDATE OF status, deleted_at ON posts
WHEN old.status <> new.status OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN
    UPDATE post_counts SET count = count - 1
        WHERE status = old.status AND is_live = (old.deleted_at IS NULL);
    UPDATE post_counts SET count = count + 1
        WHERE status = new.status AND is_live = (new.deleted_at IS NULL);
END;

CREATE TRIGGER posts_counts_delete AFTER DELETE ON posts BEGIN
    UPDATE post_counts SET count = count - 1
        WHERE status = old.status AND is_live = (old.deleted_at IS NULL);
END;
