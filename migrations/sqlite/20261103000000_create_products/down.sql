DROP TABLE products_search;
DROP TABLE products_search_rows;
DROP TABLE products;
