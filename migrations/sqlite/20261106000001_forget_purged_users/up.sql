-- When a purge took the person out of the row: nobody brings such a user back.
ALTER TABLE users ADD COLUMN forgotten_at INTEGER
    CONSTRAINT users_forgotten_at_check CHECK (forgotten_at IS NULL OR deleted_at IS NOT NULL);

-- Those who were purged before have the hash of no password. Some may have been restored since.
UPDATE users SET deleted_at = updated_at, is_active = FALSE, version = version + 1
    WHERE password_hash = '!' AND deleted_at IS NULL;
UPDATE users SET forgotten_at = updated_at WHERE password_hash = '!';
DELETE FROM tokens WHERE user_id IN (SELECT id FROM users WHERE forgotten_at IS NOT NULL);
DELETE FROM idempotency_keys
    WHERE user_id IN (SELECT id FROM users WHERE forgotten_at IS NOT NULL);
