DROP TRIGGER posts_counts_insert;
DROP TRIGGER posts_counts_update;
DROP TRIGGER posts_counts_delete;
DROP TABLE post_counts;
