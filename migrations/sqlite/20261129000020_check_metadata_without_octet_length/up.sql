-- The sqlite3 of Debian 12 (3.40) has no octet_length, and reloads no dump of a table that needs
-- it. ALTER TABLE cannot change a CHECK. This can, and touches no row:
-- https://sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, 'octet_length(metadata)', 'length(CAST(metadata AS BLOB))')
WHERE type = 'table' AND name = 'posts';
PRAGMA writable_schema = RESET;
