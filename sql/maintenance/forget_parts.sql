-- Let a restored database forget what its days were made of, since restored parts have other numbers: the next run counts each day once,
-- and notes its parts
-- run again: no change
TRUNCATE TABLE {{ database }}.day_parts
