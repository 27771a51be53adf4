-- What was filled is as if it had never been lost.
SELECT 1;
