-- grain: as before. `first_day` is the oldest event day kept when the drop was judged, so that a run after a dead one judges alike.
-- New ends of a drop: its file vanished before it was loaded whole, a failed one was dismissed, a loaded one was forgotten.
-- table: everywhere
-- Not ON CLUSTER: all nodes replicate this one table, which would be altered once a shard, and fail on the column being dropped.
-- Run again: no change.
ALTER TABLE drops
    MODIFY COLUMN status Enum8('pending' = 1, 'loading' = 2, 'loaded' = 3, 'failed' = 4, 'vanished' = 5, 'dismissed' = 6, 'forgotten' = 7),
    MODIFY COLUMN updated_at DateTime64(3, 'UTC') DEFAULT now64(3),
    ADD COLUMN IF NOT EXISTS first_day Date,
    DROP COLUMN IF EXISTS tie
