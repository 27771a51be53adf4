DROP TABLE posts_search;
DROP TABLE posts_search_rows;
DROP TABLE posts;
