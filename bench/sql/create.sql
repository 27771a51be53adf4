-- A post as the program stores one, with ids that grow with time as its own do.
BEGIN;
WITH made AS (
    SELECT now, random,
        (lpad(to_hex((extract(epoch FROM now) * 1000)::bigint), 12, '0') || '7' || substr(random, 1, 19))::uuid AS id
    FROM (SELECT clock_timestamp() AS now, md5(random()::text || :client_id) AS random) AS moment
), post AS (
    INSERT INTO posts (id, author_id, title, slug, slug_named, excerpt, status, published_at, metadata, version,
        created_at, updated_at, deleted_with_author)
    SELECT id, :author, 'Bench ' || random, 'bench-' || random, false, NULL, 'published', now, '{}', 1, now, now, false
    FROM made
)
INSERT INTO post_texts (post_id, content, search_text)
SELECT id, repeat('All work and no play. ', 70), repeat('all work and no play. ', 70) FROM made;
COMMIT;
