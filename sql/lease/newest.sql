-- grain: one row: the highest generation that was ever held
SELECT max(generation) FROM leases WHERE state IN ('held', 'released')
