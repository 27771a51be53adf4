DROP TRIGGER posts_counts_insert ON posts;
DROP TRIGGER posts_counts_update ON posts;
DROP TRIGGER posts_counts_delete ON posts;
DROP FUNCTION post_counts_insert();
DROP FUNCTION post_counts_update();
DROP FUNCTION post_counts_delete();
DROP FUNCTION post_counts_add(text, boolean, bigint);
DROP TABLE post_counts;
