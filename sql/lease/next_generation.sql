-- grain: one row: a generation above all before it; by the clock, so that it stays so when old claims are gone
SELECT greatest(max(generation) + 1, toUInt64(toUnixTimestamp64Milli(now64(3)))) FROM leases
