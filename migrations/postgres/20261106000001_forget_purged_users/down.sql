ALTER TABLE users DROP COLUMN forgotten_at;
