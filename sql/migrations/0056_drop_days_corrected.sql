-- grain: as before. `corrected`: how many identities of the day have the drop's content, though another drop brought them first.
-- NULL in rows of earlier releases: not known.
-- table: everywhere
-- Run again: no change.
ALTER TABLE drop_days ADD COLUMN IF NOT EXISTS corrected Nullable(UInt64) AFTER accepted
