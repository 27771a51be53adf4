DROP TABLE view_batches;
DROP TRIGGER posts_views_insert;
DROP TRIGGER posts_views_update;
DROP TABLE post_views;
