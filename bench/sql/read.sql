-- A post by its slug, as the program reads it.
SELECT posts.id, posts.author_id, posts.title, posts.slug, posts.slug_named, posts.excerpt, posts.status,
    posts.published_at, posts.metadata, posts.version, posts.created_at, posts.updated_at, posts.deleted_at, users.id,
    users.first_name, users.last_name, post_views.count, post_texts.content
FROM posts
INNER JOIN users ON posts.author_id = users.id
INNER JOIN post_views ON post_views.post_id = posts.id
LEFT JOIN post_texts ON post_texts.post_id = posts.id
WHERE posts.deleted_at IS NULL AND posts.id = coalesce(
    (SELECT id FROM posts AS taken WHERE taken.deleted_at IS NULL AND taken.slug = :slug),
    (SELECT post_id FROM kept_slugs WHERE kept_slugs.slug = :slug));
