DROP TABLE kept_slugs;
