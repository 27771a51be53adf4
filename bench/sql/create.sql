-- A post as the program stores one, with ids that grow with time as its own do.
INSERT INTO posts (id, author_id, title, slug, slug_named, content, excerpt, status, published_at, metadata, search_text,
    version, created_at, updated_at, deleted_with_author)
SELECT (lpad(to_hex((extract(epoch FROM now) * 1000)::bigint), 12, '0') || '7' || substr(random, 1, 19))::uuid, :author,
    'Bench ' || random, 'bench-' || random, false, repeat('All work and no play. ', 70), NULL, 'published', now, '{}',
    repeat('all work and no play. ', 70), 1, now, now, false
FROM (SELECT clock_timestamp() AS now, md5(random()::text || :client_id) AS random) AS made;
