DROP TABLE view_batches;
DROP TRIGGER posts_views_insert ON posts;
DROP TRIGGER posts_views_update ON posts;
DROP FUNCTION post_views_insert();
DROP FUNCTION post_views_update();
DROP TABLE post_views;
