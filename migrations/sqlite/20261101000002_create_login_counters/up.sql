-- Guesses at passwords, counted in windows of fixed length.
CREATE TABLE login_counters (
    -- A SHA-256 of what is counted: neither an email nor an address stands here.
    key BLOB NOT NULL
        CONSTRAINT login_counters_pkey PRIMARY KEY
        CONSTRAINT login_counters_key_check CHECK (length(key) = 32),
    count INTEGER NOT NULL CONSTRAINT login_counters_count_check CHECK (count >= 0),
    window_ends_at INTEGER NOT NULL
) STRICT;

CREATE INDEX login_counters_window_ends_at_idx ON login_counters (window_ends_at);
