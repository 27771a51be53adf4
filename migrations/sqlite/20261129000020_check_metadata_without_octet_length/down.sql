PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, 'length(CAST(metadata AS BLOB))', 'octet_length(metadata)')
WHERE type = 'table' AND name = 'posts';
PRAGMA writable_schema = RESET;
