ALTER TABLE login_counters DROP COLUMN in_flight;
