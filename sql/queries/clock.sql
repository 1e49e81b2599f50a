-- grain: one row: the engine's clock and time zone
SELECT now64(3, 'UTC') AS now, serverTimezone() AS timezone
