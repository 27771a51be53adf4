-- The extension stays: others in the same database may use it.
DROP TABLE users;
