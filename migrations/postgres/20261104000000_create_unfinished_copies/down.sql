DROP TABLE unfinished_copies;
