DROP TABLE {table};
DROP TABLE {table}_search;
DROP TABLE {table}_search_rows;
