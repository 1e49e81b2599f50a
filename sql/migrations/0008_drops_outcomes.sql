-- grain: as before. `first_day` is the oldest event day kept when the drop was judged, so that a run after a dead one judges alike.
-- New ends of a drop: its file vanished before it was loaded whole, a failed one was dismissed, a loaded one was forgotten.
-- table: everywhere
-- Run again: no change.
ALTER TABLE drops {{ on_cluster }}
    MODIFY COLUMN status Enum8('pending' = 1, 'loading' = 2, 'loaded' = 3, 'failed' = 4, 'vanished' = 5, 'dismissed' = 6, 'forgotten' = 7),
    MODIFY COLUMN updated_at DateTime64(3, 'UTC') DEFAULT now64(3),
    ADD COLUMN IF NOT EXISTS first_day Date,
    DROP COLUMN IF EXISTS tie
