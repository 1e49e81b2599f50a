-- grain: as before. `seconds` is how long the batch that loaded a drop took, from its first step until it was entered; 0: not known.
-- table: everywhere
-- Run again: no change.
ALTER TABLE drops ADD COLUMN IF NOT EXISTS seconds Float32 AFTER hint
