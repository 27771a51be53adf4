-- Guesses whose outcome is not known yet; `count` is of those that were wrong.
ALTER TABLE login_counters ADD COLUMN in_flight bigint NOT NULL DEFAULT 0
    CONSTRAINT login_counters_in_flight_check CHECK (in_flight >= 0);
