-- grain: as before. `hint` says what seems to be wrong where (nearly) every record of a drop is refused for the same reason.
-- table: everywhere
-- Run again: no change.
ALTER TABLE drops ADD COLUMN IF NOT EXISTS hint String AFTER error
