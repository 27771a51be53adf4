-- Which order a user has placed with which key. The order's own rows hold the answer: all of it but
-- the status stays as it was.
CREATE TABLE idempotency_keys (
    user_id BLOB NOT NULL
        CONSTRAINT idempotency_keys_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL
        CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    -- A SHA-256 of the command.
    fingerprint BLOB NOT NULL
        CONSTRAINT idempotency_keys_fingerprint_check CHECK (length(fingerprint) = 32),
    -- The key is claimed before its order is stored, so that a racing claim waits here.
    order_id BLOB NOT NULL
        CONSTRAINT idempotency_keys_order_id_fkey REFERENCES orders (id)
            DEFERRABLE INITIALLY DEFERRED,
    expires_at INTEGER NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key)
) STRICT;

CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);
