DROP TRIGGER post_texts_search_insert;
DROP TRIGGER post_texts_search_update;
DROP TRIGGER post_texts_search_delete;
DROP TABLE post_texts_search;
DROP TABLE post_texts_search_rows;
