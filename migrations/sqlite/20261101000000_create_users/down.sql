DROP TABLE users_search;
DROP TABLE users_search_rows;
DROP TABLE users;
